/** Many steps in one run: the step as the body of a Loop, its state carried from one to the next inside ONNX Runtime. */
import type { AttributeProto, ModelProto, NodeProto, ValueInfoProto } from '../onnx/index.js';
import { OnnxError } from '../onnx/index.js';
import { Names } from '../onnx/names.js';
import { namesOf, renameNode } from '../onnx/renaming.js';
import { toTensorProto } from '../onnx/tensor-proto.js';
import type { TrainingGraph } from './options.js';
import { finished } from './training-graph.js';

/**
 * The same steps as the given graph makes, with the same bytes of state, many to a run: every input but the state gets an axis in front,
 * [steps, ...], and so does every output but the state. All batches of a run have the same number of rows. The number of
 * steps is that of the learning rates.
 *
 * It saves the way of the state out of ONNX Runtime and back: small networks gain most (0.6 of the time of single steps for
 * 20,000 parameters), and on CUDA, whose binding cannot keep tensors on the device, all do.
 */
export function inLoop(step: TrainingGraph): TrainingGraph {
  const source = step.model.graph;
  if (!source) throw new OnnxError('the training graph is empty');
  if (step.steps) return step;
  const carried = new Set(step.state.map(({ input }) => input));
  const given = source.input.filter(({ name }) => !carried.has(name!));
  const results = source.output.filter(({ name }) => !step.state.some(({ output }) => output === name));
  const outside = [...source.input, ...source.output].map(({ name }) => name!);
  // Of every name inside the loop, where a name from outside would be hidden by an equal one.
  let prefix = 'step/';
  while (outside.some((name) => name.startsWith(prefix))) prefix = `in_${prefix}`;
  const inside = (name: string): string => (name === '' ? '' : prefix + name);
  const [outer, inner] = [freeBeside(outside), freeBeside(namesOf(source))];
  const steps = { shape: outer('steps/shape'), count: outer('steps'), going: outer('steps/true') };
  const [iteration, going, goesOn] = [inside(inner('iteration')), inside(inner('going')), inside(inner('goes_on'))];

  const sliced = given.map(
    ({ name }): NodeProto => ({
      opType: 'Gather',
      name: inside(name!),
      input: [name!, iteration],
      output: [inside(name!)],
      attribute: [{ name: 'axis', type: 2, i: 0n }],
    }),
  );
  const body: AttributeProto = {
    name: 'body',
    type: 5,
    g: {
      name: 'step',
      node: [...sliced, ...source.node.map((node) => renamed(node, inside)), identity(going, goesOn)],
      initializer: source.initializer.map((tensor) => ({ ...tensor, name: inside(tensor.name!) })),
      input: [
        scalar(iteration, 7),
        scalar(going, 9),
        ...step.state.map(({ input }) => infoOf(source.input, input, inside(input))),
      ],
      output: [
        scalar(goesOn, 9),
        ...step.state.map(({ output }) => infoOf(source.output, output, inside(output))),
        ...results.map(({ name }) => infoOf(source.output, name!, inside(name!))),
      ],
    },
  };
  const count: NodeProto[] = [
    { opType: 'Shape', name: steps.shape, input: [step.inputs.learningRate], output: [steps.shape], attribute: [] },
    { opType: 'Squeeze', name: steps.count, input: [steps.shape], output: [steps.count], attribute: [] },
  ];
  const loop: NodeProto = {
    opType: 'Loop',
    name: 'steps/loop',
    input: [steps.count, steps.going, ...step.state.map(({ input }) => input)],
    output: [...step.state.map(({ output }) => output), ...results.map(({ name }) => name!)],
    attribute: [body],
  };
  const model: ModelProto = {
    ...step.model,
    graph: {
      name: 'training_steps',
      node: [...count, loop],
      initializer: [toTensorProto({ dtype: 'bool', shape: [], data: Uint8Array.of(1) }, steps.going)],
      input: [
        ...step.state.map(({ input }) => infoOf(source.input, input, input)),
        ...given.map((info) => withSteps(info)),
      ],
      output: [
        ...step.state.map(({ output }) => infoOf(source.output, output, output)),
        ...results.map((info) => withSteps(info)),
      ],
    },
  };
  const { nodesOnCpu, ...session } = step.session;
  return {
    ...step,
    ...finished(model, step.provider),
    steps: 'many',
    session: nodesOnCpu ? { ...session, nodesOnCpu: nodesOnCpu.map(inside) } : session,
  };
}

/** Gives a name, or one like it where these have it already. */
function freeBeside(taken: readonly string[]): (name: string) => string {
  const names = new Names();
  for (const name of taken) names.reserve(name);
  return (name) => names.unused(name);
}

function renamed(node: NodeProto, inside: (name: string) => string): NodeProto {
  return { ...renameNode(node, inside), name: inside(node.name ?? '') };
}

function identity(from: string, to: string): NodeProto {
  return { opType: 'Identity', name: to, input: [from], output: [to], attribute: [] };
}

function scalar(name: string, elemType: number): ValueInfoProto {
  return { name, type: { tensorType: { elemType, shape: { dim: [] } } } };
}

function infoOf(among: readonly ValueInfoProto[], name: string, as: string): ValueInfoProto {
  const found = among.find((info) => info.name === name);
  if (!found) throw new OnnxError(`the training graph has no value "${name}"`);
  return { ...found, name: as };
}

function withSteps(info: ValueInfoProto): ValueInfoProto {
  const type = info.type!.tensorType!;
  const dim = [{ dimParam: 'steps' }, ...(type.shape?.dim ?? [])];
  return { ...info, type: { tensorType: { ...type, shape: { dim } } } };
}
