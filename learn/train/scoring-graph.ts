/**
 * A trained model as one ONNX graph from raw rows to probabilities: what is exported, and what the evaluator itself runs,
 * so that a figure is always a figure of the file that people get.
 */
import { type Tensor, tensor } from '../../runtime/tensor.js';
import { type FittedNumeric, type FittedPreprocessing, preprocessedWidth } from '../data/index.js';
import { GraphBuilder, importModel, type ModelProto, prune, type Value, writeModel } from '../onnx/index.js';
import { networkForScoring } from './network.js';
import type { TrainedModel } from './trained-model.js';
import { withoutDropout } from './without-dropout.js';

const floats = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor('float32', shape, Float32Array.from(values));
const integers = (values: readonly number[]): Tensor =>
  tensor('int64', [values.length], BigInt64Array.from(values, BigInt));

/** Columns `from..to` of a table [N, F]. */
function columnsOf(graph: GraphBuilder, table: Value, from: number, to: number): Value {
  return graph.op('Slice', [
    table,
    graph.constant(integers([from])),
    graph.constant(integers([to])),
    graph.constant(integers([1])),
  ]);
}

/** Missing values replaced; a column whose `fill` is null keeps its NaN, and the row's probabilities are NaN. */
function filled(graph: GraphBuilder, values: Value, fills: readonly (number | null)[]): Value {
  if (fills.every((fill) => fill === null)) return values;
  const replacement = graph.constant(floats(fills.map((fill) => fill ?? Number.NaN)));
  return graph.op('Where', [graph.op('IsNaN', [values]), replacement, values]);
}

function numeric(graph: GraphBuilder, values: Value, columns: readonly FittedNumeric[]): Value {
  const present = filled(
    graph,
    values,
    columns.map((column) => column.fill),
  );
  const centred = graph.op('Sub', [present, graph.constant(floats(columns.map((column) => column.center)))]);
  return graph.op('Mul', [centred, graph.constant(floats(columns.map((column) => column.scale)))]);
}

/** The operators whose float32 results `applyPreprocessing` reproduces bit for bit. [N, F] -> [N, F'] */
function preprocess(graph: GraphBuilder, table: Value, { columns }: FittedPreprocessing): Value {
  const pieces: Value[] = [];
  for (let from = 0; from < columns.length; ) {
    const first = columns[from]!;
    let to = from + 1;
    if (first.kind === 'numeric') {
      while (columns[to]?.kind === 'numeric') to += 1;
      const values = from === 0 && to === columns.length ? table : columnsOf(graph, table, from, to);
      pieces.push(numeric(graph, values, columns.slice(from, to) as readonly FittedNumeric[]));
    } else {
      const codes = filled(graph, columnsOf(graph, table, from, to), [first.fill]);
      const known = graph.constant(floats(first.codes, [1, first.codes.length]));
      const coded = graph.op('Cast', [graph.op('Equal', [codes, known])], { to: 'float32' });
      // A missing category equals none, and would pass for an unknown one.
      pieces.push(first.fill === null ? graph.op('Where', [graph.op('IsNaN', [codes]), codes, coded]) : coded);
    }
    from = to;
  }
  return pieces.length === 1 ? pieces[0]! : graph.op('Concat', pieces, { axis: 1 });
}

/** Softmax in primitives, the largest logit subtracted: the same on every provider. */
function softmax(graph: GraphBuilder, logits: Value): Value {
  const axis = graph.constant(integers([1]));
  const shifted = graph.op('Sub', [logits, graph.op('ReduceMax', [logits, axis], { keepdims: 1 })]);
  const powers = graph.op('Exp', [shifted]);
  return graph.op('Div', [powers, graph.op('ReduceSum', [powers, axis], { keepdims: 1 })]);
}

/**
 * What a user of the file must know, without anything about a single patient: columns in order, the codes of categories,
 * classes, the diseased one.
 */
function metadataOf(model: TrainedModel): Record<string, string> {
  const { columns, classNames, positive, validationThreshold, spec, epoch } = model;
  return {
    columns: JSON.stringify(columns),
    classes: JSON.stringify(classNames),
    ...(positive !== undefined && { positive: classNames[positive]! }),
    ...(validationThreshold !== undefined && { validation_threshold: String(validationThreshold) }),
    preprocessing: JSON.stringify(model.preprocessing.recipe),
    backbone: spec.backbone,
    epoch: String(epoch),
    intended_use: 'research only; not a medical device',
  };
}

/**
 * Input `table` float32 [N, F]: raw values in the order of the metadata's `columns`, NaN for a missing one, a category by
 * its code. Output `probabilities` float32 [N, C], in the order of the metadata's `classes`.
 */
export function scoringGraph(model: TrainedModel): ModelProto {
  const graph = new GraphBuilder('ganglion');
  const table = graph.input('table', 'float32', ['N', model.columns.length]);
  const features = preprocess(graph, table, model.preprocessing);
  const { outputs } = importModel(graph, networkForScoring(model, preprocessedWidth(model.preprocessing)), {
    replaceInput: () => features,
    lower: withoutDropout(graph),
  });
  const [logits] = outputs;
  if (!logits) throw new RangeError('the network has no output');
  graph.output(softmax(graph, logits), 'probabilities');
  for (const [key, value] of Object.entries(metadataOf(model))) graph.metadata(key, value);
  return prune(graph.toModel());
}

/** The {@link scoringGraph} of a model as the bytes of an ONNX file. */
export function exportModel(model: TrainedModel): Uint8Array {
  return writeModel(scoringGraph(model));
}
