/** What an input of a model is to us, told from the operators that read it. */
import type { ModelProto } from '../../../learn/onnx/index.js';

/** Floating-point inputs of operators that are settings, no data: how much to scale, how much to drop. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  Resize: [1, 2],
  Upsample: [1],
  Dropout: [1],
  Range: [0, 1, 2],
  QuantizeLinear: [1],
  NonMaxSuppression: [3, 4],
};

/** Operators that draw random numbers: their outputs are no function of their inputs. */
const RANDOM = ['Bernoulli', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'];

/** Names of values that are settings to an operator that reads them. */
export function settingsOf(model: ModelProto): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { opType = '', input } of model.graph?.node ?? []) {
    const places = Object.hasOwn(SETTINGS, opType) ? SETTINGS[opType]! : [];
    for (const place of places) if (input[place]) names.add(input[place]);
  }
  return names;
}

/** Whether what the model gives depends on chance. */
export function isRandom(model: ModelProto): boolean {
  return (model.graph?.node ?? []).some(({ opType = '', input, output }) => {
    const trains = opType === 'Dropout' && (input.length > 2 || output.length > 1);
    return RANDOM.includes(opType) || trains;
  });
}
