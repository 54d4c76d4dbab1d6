/** Shows a training job: its epochs as lines, and where it is now as one that is drawn anew. */
import type { WireEvent } from '../../actors/runtime-types.js';
import type { Paint } from './colour.js';
import { printable } from './failure.js';
import { textOf } from './json-value.js';
import { Pace } from './pace.js';
import { progressBar } from './progress-bar.js';
import { canvasOn, type ProgressView } from './progress-view.js';
import { formatElapsed, formatPercent } from './quantities.js';
import type { Output, Surroundings } from './surroundings.js';
import { type Epoch, epochText, TrainingProgress, trainingText } from './training-progress.js';

const EPOCH_INTERVAL_MS = 1000;

export function jobView(output: Output, surroundings: Surroundings, plain: boolean): ProgressView {
  const { clock } = surroundings;
  const began = clock.now();
  const training = new TrainingProgress();
  const pace = new Pace<Epoch>(EPOCH_INTERVAL_MS);
  let status = '';
  const canvas = canvasOn(
    output,
    surroundings,
    ({ paint }) => [liveLine(training, status, clock.now() - began, paint)],
    plain,
  );
  const showEpoch = (epoch: Epoch | undefined): void => {
    if (epoch === undefined) return;
    const text = epochText(epoch, training.totalEpochs);
    canvas.print(epoch.best ? canvas.paint('good', text) : text);
  };
  return {
    take(event: WireEvent) {
      const epoch = training.take(event.type, event);
      if (epoch !== undefined) showEpoch(pace.offer(epoch, clock.now()));
      for (const note of Array.isArray(event['notes']) ? event['notes'] : []) {
        const text = textOf(note);
        if (text !== undefined) canvas.print(`note: ${printable(text)}`);
      }
      const said = textOf(event['status']);
      if (said !== undefined && said !== status && event.type !== 'training_completed') {
        status = said;
        if (!canvas.live) canvas.print(`job ${said}`);
      }
      canvas.update();
    },
    note: (line) => canvas.print(line),
    stop() {
      showEpoch(pace.release());
      canvas.stop();
    },
  };
}

function liveLine(training: TrainingProgress, status: string, elapsedMs: number, paint: Paint): string {
  const percent = formatPercent(training.percent, 0).padStart(5);
  const seconds = formatElapsed(elapsedMs / 1000);
  const about = status === 'running' || status === '' ? '' : `  ${paint('warning', status)}`;
  return `${progressBar(training.percent, paint)} ${percent}  ${seconds}${about}  ${trainingText(training)}`;
}
