/** How long a job takes to be paused: from sending the request to its answer, which comes when the pause is in effect. */
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { sharedNow } from '../harness/shared-time.js';
import type { MeasuringQuestions } from './measuring-client.js';

export async function timePauses({
  url,
  job,
  waits,
}: MeasuringQuestions['pauses']['ask']): Promise<MeasuringQuestions['pauses']['answer']> {
  const agent = new Agent({ keepAlive: true });
  const seconds: number[] = [];
  try {
    for (const ms of waits) {
      // A moment of its own within the step that runs then.
      await wait(ms);
      const from = sharedNow();
      await command(`${url}/api/training/pause/${job}`, 'paused', agent);
      seconds.push((sharedNow() - from) / 1000);
      await command(`${url}/api/training/resume/${job}`, 'running', agent);
    }
  } finally {
    agent.destroy();
  }
  return { seconds };
}

function command(url: string, expected: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent, method: 'POST' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode === 200 ? (JSON.parse(body) as { status?: unknown }).status : undefined;
        if (status === expected || (expected === 'running' && status === 'resumed')) resolve();
        else reject(new Error(`POST ${url} answered ${response.statusCode}: ${body.slice(0, 200)}`));
      });
    })
      .on('error', reject)
      .end();
  });
}
