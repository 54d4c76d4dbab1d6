/** From a node that emits on its thread to a client that receives: runs a workflow over its socket and reads the clock at every event. */
import { WebSocket } from 'ws';
import { sharedNow } from '../harness/shared-time.js';
import type { MeasuringQuestions } from './measuring-client.js';

interface Received {
  readonly type?: unknown;
  readonly event?: unknown;
  readonly at?: unknown;
  readonly merged?: unknown;
  readonly error?: unknown;
  readonly result?: {
    readonly status?: unknown;
    readonly error?: unknown;
    readonly outputs?: Readonly<Record<string, { readonly emitted?: unknown }>>;
  };
}

/**
 * Events of the kind `stamped` carry the time of their emission as `at`; each node's output `emitted` says how many it sent.
 * @throws Error when the run does not succeed
 */
export function timeRunEvents({
  url,
  workflow,
}: MeasuringQuestions['runEvents']['ask']): Promise<MeasuringQuestions['runEvents']['answer']> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const seconds: number[] = [];
    let merged = 0;
    let last: Received = {};
    socket.on('open', () => socket.send(JSON.stringify(workflow)));
    socket.on('message', (bytes) => {
      const now = sharedNow();
      const message = JSON.parse(String(bytes)) as Received;
      last = message;
      if (message.type === 'workflow_completed') return socket.close();
      if (message.type !== 'node_event' || message.event !== 'stamped') return;
      seconds.push((now - Number(message.at)) / 1000);
      if (typeof message.merged === 'number') merged += message.merged;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const { result } = last;
      if (result?.status !== 'success') {
        return reject(
          new Error(`the run ended with ${JSON.stringify(result?.error ?? last.error ?? last).slice(0, 500)}`),
        );
      }
      const emitted = Object.values(result.outputs ?? {}).reduce((sum, outputs) => sum + Number(outputs.emitted), 0);
      resolve({ seconds, emitted, merged });
    });
  });
}
