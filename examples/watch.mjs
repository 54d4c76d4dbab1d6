/**
 * A client of `ganglion serve`: starts a training job and watches it through a socket. Where the connection breaks it comes
 * back and goes on after the last number that it has: nothing is lost, nothing comes twice.
 *
 *   node examples/watch.mjs [http://127.0.0.1:8000] [JOB_ID]
 */
import { readFile } from 'node:fs/promises';

// Node 20 has no WebSocket of its own: `npm install ws`. Later ones have, and so has every browser.
const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket;

const RECONNECT_MS = 1000;

const [server = 'http://127.0.0.1:8000', known] = process.argv.slice(2);
const jobId = known ?? (await startJob());
console.log(`watching ${jobId}`);
let last = 0;
watch();

async function startJob() {
  const response = await fetch(`${server}/api/v1/training/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await readFile(new URL('train-wdbc.json', import.meta.url)),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status}: ${JSON.stringify(answer.detail)}`);
  return answer.job_id;
}

function watch() {
  const socket = new WebSocket(`${server.replace(/^http/, 'ws')}/api/v1/training/ws/${jobId}?after=${last}`);
  let ended = false;
  socket.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    // Events of the moment, such as batch_progress, have no number.
    last = event.seq ?? last;
    show(event);
    if (event.type === 'training_completed' || event.type === 'training_failed' || event.type === 'error') {
      ended = true;
      socket.close();
    }
  });
  // A connection that is refused ends in `close` as well, and that is where it is tried again.
  socket.addEventListener('error', ({ message }) => console.error(`connection: ${message || 'failed'}`));
  socket.addEventListener('close', () => {
    if (!ended) setTimeout(watch, RECONNECT_MS);
  });
}

function show(event) {
  switch (event.type) {
    case 'batch_progress':
      return process.stdout.write(`\r${event.progress.toFixed(0).padStart(3)} %  loss ${event.loss.toFixed(4)}   `);
    case 'epoch_completed': {
      const { val_loss, val_auc } = event.metrics;
      return console.log(`\repoch ${event.epoch}: validation loss ${val_loss.toFixed(4)}, AUC ${val_auc.toFixed(3)}`);
    }
    case 'training_completed':
      return console.log(`${event.status}: ${JSON.stringify(event.final_metrics.test_auc ?? null)}`);
    case 'training_failed':
      process.exitCode = 1;
      return console.error(`failed: ${event.error}`);
    case 'error':
      process.exitCode = 1;
      return console.error(event.error);
  }
}
