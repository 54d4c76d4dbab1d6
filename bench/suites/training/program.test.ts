import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { type TrainingQuestions, trainingAnswers } from './program.js';

function program() {
  const answer = trainingAnswers();
  return async <Name extends keyof TrainingQuestions>(name: Name, ask: TrainingQuestions[Name]['ask']) =>
    (await answer({ do: name, ...ask })) as TrainingQuestions[Name]['answer'];
}

describe('our side', () => {
  it('trains from the same beginning in every round', async () => {
    await withTemporaryFolder(async (folder) => {
      const ask = program();
      const opened = await ask('open', { network: 'mlp', threads: 1, folder });
      expect(opened.idle).toBeGreaterThan(0);
      expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
      const { losses } = await ask('losses', { steps: 3 });
      expect(losses).toHaveLength(3);
      expect(losses[2]).toBeLessThan(losses[0]!);
      const { hash } = await ask('gradients', {});
      const round = await ask('round', { steps: 2 });
      expect(round.steps).toBe(2);
      expect(round.seconds).toBeGreaterThan(0);
      expect(round.outside).toBeGreaterThanOrEqual(0);
      expect(round.outside).toBeLessThan(1);
      expect(round.peak).toBeGreaterThan(0);
      expect((await ask('losses', { steps: 3 })).losses).toEqual(losses);
      expect((await ask('gradients', {})).hash).toBe(hash);
      await ask('close', {});
    });
  });

  it.each([
    ['nothing is open', 'round', /no training is open/],
    ['it does not know the question', 'sing', /nothing to do called "sing": open, losses, /],
  ])('refuses when %s', async (_, name, message) => {
    await expect(trainingAnswers()({ do: name })).rejects.toThrow(message);
  });
});
