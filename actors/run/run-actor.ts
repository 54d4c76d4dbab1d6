/** The supervisor of one run, as an actor on the kernel's thread. What it does stands in `run.ts`; here is what it is told. */
import type { Behaviour } from '../../runtime/index.js';
import type { RunMessage } from './messages.js';
import { Run } from './run.js';
import type { RunInit } from './run-init.js';

export type { Kept, RunInit, RunSurroundings } from './run-init.js';

export const runActor: Behaviour<Run, RunMessage, RunInit> = {
  async start(init, context) {
    const run = new Run(init, context);
    await run.begin();
    // A run of which nothing is left to do ends with its launch: who asked for its result before must be heard first.
    context.self.tell({ type: 'launch' });
    return run;
  },

  async receive(run, message, context) {
    switch (message.type) {
      case 'report':
        run.report(message);
        break;
      case 'node_progress':
      case 'node_event':
        run.told(message);
        return run;
      case 'launch':
        break;
      case 'placed':
        run.placed(message.node, message.chosen.provider);
        break;
      case 'not_placed':
        run.notPlaced(message.node, message.error);
        break;
      case 'terminated':
        await run.terminated(message);
        break;
      case 'status':
        context.reply(run.status());
        return run;
      case 'cancel':
        run.cancel();
        context.reply(undefined);
        break;
      case 'overdue':
        run.giveUp();
        break;
      case 'result':
        run.answerResult(context.deferReply());
        return run;
    }
    run.pump();
    return run;
  },

  stop: (run) => run.stop(),
};
