import { expect, test } from 'vitest';
import { releaseAll } from './release-all.js';

test('what stands behind a failure is released too, and the first failure is told', async () => {
  const released: string[] = [];
  const good = (name: string) => ({
    release: async () => {
      released.push(name);
    },
  });
  const bad = (message: string) => ({
    release: (): Promise<void> => {
      throw new Error(message);
    },
  });
  await expect(releaseAll([good('a'), bad('first'), bad('second'), good('b')])).rejects.toThrow('first');
  expect(released).toEqual(['a', 'b']);
  await expect(releaseAll([])).resolves.toBeUndefined();
});
