import { expect, it } from 'vitest';
import { answerMeasuring } from './measuring-client.js';

it.each([['sleep'], ['constructor'], [undefined]])('refuses to measure %s, and says what it can', async (name) => {
  await expect(answerMeasuring({ do: name })).rejects.toThrow(/called .*requests, runEvents, pauses, steps$/);
});
