import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { answerLines, type Question } from './answer-lines.js';

async function converse(answer: (question: Question) => object | Promise<object>, ...questions: string[]) {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(questions.map((line) => `${line}\n`).join(''));
  await answerLines(answer, input, output);
  return String(output.read())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

it('says that it is ready, answers in order, and ends with its input', async () => {
  let before = Promise.resolve();
  const answers = await converse(
    async ({ round }) => {
      await before;
      before = Promise.resolve();
      return { seconds: Number(round) * 2 };
    },
    '{"round":1}',
    '{"round":2}',
  );
  expect(answers).toEqual([{ ready: true }, { seconds: 2 }, { seconds: 4 }]);
});

it('answers what throws, and what is no JSON, with an error, and goes on', async () => {
  const fail = ({ round }: Question): object => {
    if (round === 1) throw new Error('no such job');
    return { fine: true };
  };
  expect(await converse(fail, '{"round":1}', 'oops', '{"round":2}')).toEqual([
    { ready: true },
    { error: 'no such job' },
    { error: expect.stringContaining('JSON') },
    { fine: true },
  ]);
});
