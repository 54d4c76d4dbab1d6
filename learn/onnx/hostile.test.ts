/** Whatever a file holds, it gives a graph or an OnnxError: no other error, no endless work. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mlp } from '../models/index.js';
import { MISSING, readTestModel, testModels } from './fixtures/test-models.js';
import { GraphBuilder, importModel, OnnxError, readModel, writeModel } from './index.js';

const LARGEST = 20_000;

function take(bytes: Uint8Array): void {
  try {
    importModel(new GraphBuilder('taken'), readModel(bytes));
  } catch (error) {
    if (!(error instanceof OnnxError)) throw error;
  }
}

function damaged(sources: readonly (() => Uint8Array)[]): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  return fc.tuple(fc.constantFrom(...sources), changes).map(([source, list]) => {
    const bytes = Uint8Array.from(source());
    for (const [place, value] of list) bytes[place % bytes.length] = value;
    return bytes;
  });
}

const own = writeModel(mlp({ features: 3, hidden: [4, 5], classes: 2, dropout: 0.2, seed: 1 }));

test('a network with any bytes changed is taken, or refused with a reason', () => {
  fc.assert(
    fc.property(damaged([() => own]), (bytes) => take(bytes)),
    { numRuns: 500 },
  );
  expect(() => take(own)).not.toThrow();
});

test.skipIf(MISSING)(`so is any of ONNX's test models${MISSING ? ` (${MISSING})` : ''}`, () => {
  const sources = testModels()
    .map((path) => () => readTestModel(path))
    .filter((read) => read().length < LARGEST);
  for (const read of sources) take(read());
  fc.assert(
    fc.property(damaged(sources), (bytes) => take(bytes)),
    { numRuns: 2000 },
  );
});
