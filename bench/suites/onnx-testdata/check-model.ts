/** One test model, from its bytes to its gradients. */
import { runModel } from '../../../learn/onnx/fixtures/run-model.js';
import {
  fromTensorProto,
  GraphBuilder,
  importModel,
  isFloat,
  type ModelProto,
  OnnxError,
  readModel,
  writeModel,
} from '../../../learn/onnx/index.js';
import type { Tensor } from '../../../runtime/tensor.js';
import { checkGradients } from './check-gradients.js';
import { difference } from './compare.js';
import { isRandom, settingsOf } from './roles.js';
import { readTensor, type TestModel } from './test-data.js';

/**
 * - `passed`: the outputs are the expected ones, and every gradient agrees with finite differences.
 * - `failed`: something is wrong, and it is ours.
 * - `refused`: we say that we cannot take the model, or cannot differentiate it.
 * - `not_differentiable`: the outputs are the expected ones; there is no gradient to check.
 * - `no_kernel`: ONNX Runtime cannot run the model, or runs it to other outputs than expected.
 */
export const VERDICTS = ['passed', 'failed', 'refused', 'not_differentiable', 'no_kernel'] as const;

export interface Verdict {
  readonly kind: (typeof VERDICTS)[number];
  /** One line; models with the same belong together. */
  readonly reason: string;
}

/** Never throws. */
export async function checkModel(test: TestModel): Promise<Verdict> {
  try {
    return await check(test);
  } catch (error) {
    if (error instanceof OnnxError) return { kind: 'refused', reason: grouped(error.message) };
    return { kind: 'failed', reason: oneLine((error as Error).stack ?? String(error)) };
  }
}

async function check(test: TestModel): Promise<Verdict> {
  const model = readModel(test.bytes);
  if (!Buffer.from(writeModel(model)).equals(test.bytes)) return { kind: 'failed', reason: 'written again it differs' };
  const inputs = tensorsOf(model.graph!.input, test.inputs);
  const expected = tensorsOf(model.graph!.output, test.outputs);
  const plain = await attempt(() => runModel(test.bytes, inputs));
  const forward = asFunction(model, inputs);
  const made = await attempt(() => runModel(forward.model, forward.feeds));
  if (made instanceof Error) {
    if (plain instanceof Error) return { kind: 'no_kernel', reason: oneLine(plain.message) };
    return { kind: 'failed', reason: `imported, it does not run: ${oneLine(made.message)}` };
  }
  const random = isRandom(model);
  for (const [name, tensor] of Object.entries(expected)) {
    const wrong = difference(made[name], tensor);
    if (wrong === undefined || random) continue;
    const same = !(plain instanceof Error) && plain[name] && difference(made[name], plain[name]) === undefined;
    if (same) return { kind: 'no_kernel', reason: 'onnxruntime gives other outputs than expected' };
    return { kind: 'failed', reason: `output ${wrong}` };
  }
  const outputs = Object.keys(expected).filter((name) => isWide(made[name]));
  const targets = forward.targets.filter((name) => isWide(forward.feeds[name]) && forward.feeds[name]!.data.length > 0);
  if (random) return { kind: 'not_differentiable', reason: 'its outputs are random' };
  if (outputs.length === 0) return { kind: 'not_differentiable', reason: 'no output of float32 or float64' };
  if (targets.length === 0) return { kind: 'not_differentiable', reason: 'no input of float32 or float64' };
  for (const output of outputs) {
    const outcome = await checkGradients({ model: forward.model, output, targets }, forward.feeds);
    if (outcome?.kind === 'failed') return { kind: 'failed', reason: oneLine(outcome.reason) };
    if (outcome?.kind === 'refused') return { kind: 'refused', reason: grouped(outcome.reason) };
    if (outcome) return { kind: 'not_differentiable', reason: oneLine(outcome.reason) };
  }
  return { kind: 'passed', reason: 'outputs and gradients agree' };
}

function isWide(tensor: Tensor | undefined): boolean {
  return tensor?.dtype === 'float32' || tensor?.dtype === 'float64';
}

/** The tensors of a set, by the names that the graph gives them. @throws OnnxError when one is no tensor that we hold */
function tensorsOf(
  infos: NonNullable<ModelProto['graph']>['input'],
  files: readonly Uint8Array[],
): Record<string, Tensor> {
  const named: Record<string, Tensor> = {};
  for (const [index, { name = '', type }] of infos.entries()) {
    const file = files[index];
    if (!type?.tensorType)
      throw new OnnxError(`"${name}" is not a tensor: sequences, maps and optional values are not supported`);
    if (file) named[name] = fromTensorProto(readTensor(file));
  }
  return named;
}

/**
 * The model as a function of its floating-point inputs and stored tensors, all of them graph inputs. Whole numbers, and what is a
 * setting to an operator, are stored in it: shapes and axes are then known, as they are in networks.
 */
function asFunction(model: ModelProto, inputs: Readonly<Record<string, Tensor>>) {
  const settings = settingsOf(model);
  const graph = new GraphBuilder('function');
  const feeds: Record<string, Tensor> = {};
  const targets: string[] = [];
  const { outputs } = importModel(graph, model, {
    replaceInput(name, { shape }) {
      const tensor = inputs[name];
      if (!tensor) return undefined;
      if (!isFloat(tensor.dtype) || settings.has(name)) return graph.initializer(name, tensor);
      feeds[name] = tensor;
      targets.push(name);
      return graph.input(name, tensor.dtype, shape);
    },
    replaceInitializer(proto, type) {
      const name = proto.name ?? '';
      if (!isFloat(type.dtype) || settings.has(name)) return undefined;
      feeds[name] = fromTensorProto(proto);
      targets.push(name);
      return graph.input(name, type.dtype, type.shape);
    },
  });
  for (const [index, value] of outputs.entries()) graph.output(value, model.graph!.output[index]!.name!);
  return { model: graph.toModel(), feeds, targets };
}

async function attempt<T>(run: () => Promise<T>): Promise<T | Error> {
  return run().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

/** The message without what is this model's own: names and types. */
function grouped(message: string): string {
  return oneLine(message)
    .replace(/; its inputs are .*$/, '')
    .replace(/node "[^"]*" \(([^)]*)\)/g, '$1')
    .replace(/"[^"]*"/g, '"..."');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 300);
}
