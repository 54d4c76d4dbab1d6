/**
 * ONNX's own test models: each is read, imported, run on its inputs, differentiated with respect to all of its floating-point inputs and
 * stored tensors, and compared with the expected outputs and with finite differences. The suite ends with exit code 1 when one fails.
 */
import type { Suite, SuiteContext } from '../harness/suite.js';
import { collection } from './onnx-testdata/collection.js';
import { COLLECTIONS, type Collection } from './onnx-testdata/test-data.js';

export function onnxTestdata(context: SuiteContext): Suite {
  return {
    name: 'onnx-testdata',
    rows: (Object.keys(COLLECTIONS) as Collection[]).flatMap((name) => collection(context, name)),
  };
}
