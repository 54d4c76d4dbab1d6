/** Times of many equal requests, from the call to the last byte of the answer, over connections that stay open. */
import { Agent, get } from 'node:http';
import { sharedNow } from '../harness/shared-time.js';
import type { MeasuringQuestions } from './measuring-client.js';

/** @throws Error for the first answer that is not 200 */
export async function timeRequests({
  url,
  count,
  concurrency,
}: MeasuringQuestions['requests']['ask']): Promise<MeasuringQuestions['requests']['answer']> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const seconds: number[] = [];
  let begun = 0;
  let bytes = 0;
  const oneAfterAnother = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const from = sharedNow();
      bytes = await request(url, agent);
      seconds.push((sharedNow() - from) / 1000);
    }
  };
  try {
    // The connections are part of the surroundings, not of what is measured.
    await Promise.all(Array.from({ length: concurrency }, () => request(url, agent)));
    await Promise.all(Array.from({ length: concurrency }, oneAfterAnother));
  } finally {
    agent.destroy();
  }
  return { seconds, bytes };
}

/** Resolves with the length of the body. */
function request(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`GET ${url} answered ${response.statusCode}`));
      });
    }).on('error', reject);
  });
}
