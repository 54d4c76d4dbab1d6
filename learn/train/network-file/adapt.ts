/** A network from a file in the form that training, validation and scoring have in common: rows [N, F] in, logits [N, C] out. */
import {
  Arithmetic,
  GraphBuilder,
  importModel,
  isFloat,
  type ModelProto,
  OnnxError,
  prune,
  type Value,
  type ValueType,
} from '../../onnx/index.js';
import { formatShape } from '../../onnx/shape.js';
import { NetworkFault } from './fault.js';
import { inference } from './inference.js';
import type { NetworkFileWords } from './words.js';

/** A network of a file behind another input. */
export interface AdaptedNetwork {
  /** Input `x` float32 [N, F], one output float32 [N, C]. Its stored tensors are those of the file, by their names there. */
  readonly model: ModelProto;
  /** C. */
  readonly classes: number;
  /** The same while it can be looked into. */
  readonly graph: GraphBuilder;
  readonly x: Value;
  readonly logits: Value;
}

/**
 * @param features F; the rows that the input's own shape asks for when left out
 * @throws OnnxError when the file has another number of inputs than one, no logits for each row, or what cannot be taken over
 */
export function adaptNetwork(
  file: ModelProto,
  words: Pick<NetworkFileWords, 'input' | 'output'>,
  features?: number,
): AdaptedNetwork {
  const source = file.graph;
  if (!source) throw new OnnxError('the file holds no graph');
  checkInputs(file, words.input);
  const graph = new GraphBuilder('network');
  const math = new Arithmetic(graph);
  let x: Value | undefined;
  let fixed: FixedBatch | undefined;
  const take = () =>
    importModel(graph, file, {
      replaceInput(name, type) {
        if (typeof type.shape[0] === 'number') fixed = { input: name, rows: type.shape[0] };
        const row = rowShape(name, type, features);
        x = graph.input(freeInput(file), 'float32', [
          'N',
          features ?? row.reduce((product, extent) => product * extent, 1),
        ]);
        const shaped = row.length === 1 ? x : graph.op('Reshape', [x, math.integers([0, ...row])]);
        return math.cast(shaped, type.dtype);
      },
      lower: inference(graph),
    });
  const imported = explaining(take, () => fixed);
  const logits = logitsOf(
    source.output.map(({ name }) => name ?? ''),
    imported.values,
    words.output,
  );
  const classes = checkLogits(logits, graph, fixed);
  const output = graph.output(math.cast(logits, 'float32'), graph.names.unused('logits'));
  return { model: prune(graph.toModel()), classes, graph, x: x!, logits: output };
}

/** The inputs that nothing stored stands for. */
function inputsOf({ graph }: ModelProto): string[] {
  const stored = new Set(graph?.initializer.map(({ name }) => name));
  return (graph?.input ?? []).filter(({ name }) => !stored.has(name)).map(({ name }) => name ?? '');
}

function checkInputs(file: ModelProto, asked: string | undefined): void {
  const inputs = inputsOf(file);
  const quoted = inputs.map((name) => `"${name}"`).join(', ');
  if (inputs.length === 0) throw new OnnxError('the network has no input: there is nothing to give it rows by');
  if (asked !== undefined && !inputs.includes(asked))
    throw new NetworkFault('input', `the network has no input "${asked}": it has ${quoted}`);
  if (inputs.length === 1) return;
  throw new OnnxError(
    `the network has the inputs ${quoted}: only networks with one can be fine-tuned on a table; export it with the others as constants`,
  );
}

/** The extents of one row, whose product is the number of features. @throws OnnxError */
function rowShape(name: string, { dtype, shape }: ValueType, features: number | undefined): number[] {
  const type = `"${name}" is ${dtype}${formatShape(shape)}`;
  if (!isFloat(dtype))
    throw new OnnxError(`the network's input ${type}: it must hold floating-point numbers, rows of features`);
  if (shape.length < 2)
    throw new OnnxError(`the network's input ${type}: it needs a batch axis in front, and the features behind it`);
  const row = shape.slice(1);
  const known = row.reduce<number>((product, extent) => product * (typeof extent === 'number' ? extent : 1), 1);
  const open = row.filter((extent) => typeof extent !== 'number');
  const missing = features === undefined ? 1 : features / known;
  const fits =
    features === undefined || (open.length === 0 ? missing === 1 : open.length === 1 && Number.isInteger(missing));
  if (open.length > 1)
    throw new OnnxError(
      `the network's input ${type}: more than one extent of a row is open; export it with fixed extents but for the batch`,
    );
  if (!fits)
    throw new OnnxError(
      `the network's input ${type}, rows of ${open.length === 0 ? known : `a multiple of ${known}`} numbers, and the data gives ${features} features: ` +
        'choose the columns with `features` (a column of categories becomes one feature each)',
    );
  return row.map((extent) => (typeof extent === 'number' ? extent : missing));
}

/** A name for the rows that nothing in the file has. */
function freeInput({ graph }: ModelProto): string {
  const taken = new Set(
    [...(graph?.initializer ?? []), ...(graph?.input ?? [])]
      .map(({ name }) => name)
      .concat(graph?.node.flatMap(({ output }) => output) ?? []),
  );
  let name = 'x';
  while (taken.has(name)) name = `rows/${name}`;
  return name;
}

/** A batch of so many rows is all that the file says it takes. Whether that is so shows in what follows from it. */
interface FixedBatch {
  readonly input: string;
  readonly rows: number;
}

function explaining<T>(take: () => T, fixed: () => FixedBatch | undefined): T {
  try {
    return take();
  } catch (error) {
    const batch = fixed();
    if (!(error instanceof OnnxError) || batch === undefined) throw error;
    throw new OnnxError(`${error.message}. ${asDynamic(batch)}`, { cause: error });
  }
}

const asDynamic = ({ input, rows }: FixedBatch): string =>
  `The network was exported for batches of exactly ${rows}: export it with a dynamic batch, in PyTorch torch.onnx.export(..., dynamic_axes={"${input}": {0: "batch"}})`;

function logitsOf(outputs: readonly string[], values: ReadonlyMap<string, Value>, asked: string | undefined): Value {
  const quoted = outputs.map((name) => `"${name}"`).join(', ');
  if (asked === undefined && outputs.length > 1)
    throw new NetworkFault(
      'output',
      `the network has the outputs ${quoted}: say which one holds the logits, with \`output\``,
    );
  const name = asked ?? outputs[0] ?? '';
  const value = values.get(name);
  if (value) return value;
  throw new NetworkFault('output', `the network has no value "${name}" to take as logits: its outputs are ${quoted}`);
}

/** @returns the number of classes @throws OnnxError */
function checkLogits(logits: Value, graph: GraphBuilder, fixed: FixedBatch | undefined): number {
  const { name, dtype, shape } = logits;
  const what = `the network's output "${name}" is ${dtype}${formatShape(shape)}`;
  if (!isFloat(dtype))
    throw new NetworkFault('output', `${what}: logits are floating-point numbers; name them with \`output\``);
  refuseProbabilities(logits, graph);
  const [rows, classes] = shape;
  if (shape.length === 1 || (shape.length === 2 && classes === 1))
    throw new OnnxError(
      `${what}: one number a row says nothing of two classes; build the last layer with a logit for each class, [N, 2] for two`,
    );
  if (shape.length !== 2) throw new OnnxError(`${what}: training needs logits [N, classes]`);
  if (typeof classes !== 'number')
    throw new OnnxError(`${what}: the number of classes must be known; export it with a fixed extent there`);
  if (typeof rows === 'number')
    throw new OnnxError(fixed ? `${what}. ${asDynamic(fixed)}` : `${what}: it does not depend on the number of rows`);
  return classes;
}

/** Softmax comes with the loss: a second one would train, and badly. */
function refuseProbabilities(logits: Value, graph: GraphBuilder): void {
  const node = graph.nodes.find(({ outputs }) => outputs.some((output) => output?.name === logits.name));
  if (node?.type === 'Identity' || node?.type === 'Cast') return refuseProbabilities(node.inputs[0]!, graph);
  if (node?.type !== 'Softmax' && node?.type !== 'Sigmoid') return;
  throw new NetworkFault(
    'output',
    `the network's output "${logits.name}" comes from node "${node.name}" (${node.type}): the loss needs logits, and has the ${node.type} in itself. Take what goes into it: \`output\`: "${node.inputs[0]?.name}"`,
  );
}
