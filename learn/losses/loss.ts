/** The table of losses that a model can be trained with. */
import { type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';

/** A loss by its name, with its settings. */
export type LossSettings = { readonly type: 'cross_entropy' } & Omit<CrossEntropyOptions, 'reduction'>;

/** What a loss compares the model's output with, and how it becomes a scalar. */
interface LossRule<S> {
  readonly options: readonly string[];
  target(graph: GraphBuilder, name: string, output: Value): Value;
  emit(graph: GraphBuilder, output: Value, target: Value, settings: S, sampleWeights: Value | undefined): Value;
}

const LOSSES: { readonly [T in LossSettings['type']]: LossRule<Extract<LossSettings, { type: T }>> } = {
  cross_entropy: {
    options: ['classWeights', 'labelSmoothing', 'ignoreLabel'],
    target: (graph, name, output) => graph.input(name, 'int64', [output.shape[0] ?? 'N']),
    emit: (graph, output, target, { type: _, ...options }, sampleWeights) =>
      crossEntropy(graph, output, target, options, sampleWeights),
  },
};

/** The row of a loss. @throws OnnxError when there is no such loss, or one of its settings is unknown */
export function lossRule<S extends LossSettings>(settings: S): LossRule<S> {
  const { type, ...given } = settings;
  if (!Object.hasOwn(LOSSES, type)) {
    throw new OnnxError(`there is no loss "${type}": choose one of ${Object.keys(LOSSES).join(', ')}`);
  }
  const rule = LOSSES[type] as unknown as LossRule<S>;
  const unknown = Object.keys(given).find((name) => !rule.options.includes(name));
  if (unknown) throw new OnnxError(`the loss ${type} has no setting "${unknown}": it has ${rule.options.join(', ')}`);
  return rule;
}
