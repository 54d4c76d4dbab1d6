import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Mailbox } from './mailbox.js';

it('takes what must not be refused also when it is full', () => {
  const mailbox = new Mailbox<number>(1);
  expect([mailbox.push(1), mailbox.push(2), mailbox.push(3, true)]).toEqual([true, false, true]);
  expect([mailbox.shift(), mailbox.shift(), mailbox.shift()]).toEqual([1, 3, undefined]);
});

it('gives messages back in the order in which they came, and refuses them when full', () => {
  const command = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constant('take' as const));
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), fc.integer({ min: 1, max: 40 }), (commands, capacity) => {
      const mailbox = new Mailbox<number>(capacity);
      const model: number[] = [];
      for (const item of commands) {
        if (item === 'take') {
          expect(mailbox.shift()).toBe(model.shift());
        } else {
          expect(mailbox.push(item)).toBe(model.length < capacity);
          if (model.length < capacity) model.push(item);
        }
        expect(mailbox.size).toBe(model.length);
      }
    }),
  );
});
