// A node type for measurements: emits events that carry the moment of their emission, as a user's own module would.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

export default {
  type: 'bench_stamped_events',
  version: 1,
  name: 'Stamped events',
  category: 'bench',
  description:
    'Emits events that carry the time of their emission, on the clock that all processes of a machine share.',
  inputs: {},
  outputs: { emitted: { type: 'number' } },
  config: z.strictObject({
    kind: z.enum(['moment', 'state']),
    count: z.int().min(1),
    interval: z.number().min(0).describe('ms between two events'),
    delay: z.number().min(0).describe('ms before the first one'),
  }),
  weight: 'light',
  async run({ kind, count, interval, delay }, context) {
    await wait(delay);
    for (let number = 0; number < count; number++) {
      await wait(interval);
      context.emit({ kind, type: 'stamped', number, at: Number(process.hrtime.bigint()) / 1e6 });
    }
    return { emitted: count };
  },
};
