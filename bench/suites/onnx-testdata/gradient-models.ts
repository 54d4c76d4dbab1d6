/** The graphs with gradients that a model is checked with. */
import { differentiate, lowerForDifferentiation, reverseWalk } from '../../../learn/autodiff/index.js';
import { LOWERINGS } from '../../../learn/lowerings/index.js';
import { type LoadedModel, loadModel } from '../../../learn/onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, importModel, type ModelProto } from '../../../learn/onnx/index.js';
import type { Tensor } from '../../../runtime/tensor.js';

export type Feeds = Readonly<Record<string, Tensor>>;

/** What is differentiated. */
export interface Question {
  readonly model: ModelProto;
  readonly output: string;
  /** Names of inputs. */
  readonly targets: readonly string[];
}

/** A loaded graph with an input `grad/<output>` and outputs `grad/<target>`. */
export interface GradientGraph {
  readonly what: string;
  readonly loaded: LoadedModel;
  /** The part of a slope by which this graph's may be wrong. */
  readonly tolerance: number;
}

/** As a training graph for the CPU provider is written. @throws OnnxError where an operator has no derivative */
export function cpuGradients({ model, output, targets }: Question): ModelProto {
  const graph = new GraphBuilder('gradients');
  const math = new Arithmetic(graph);
  const { operators } = LOWERINGS.cpu;
  const { values } = importModel(graph, model, {
    lower(node, inputs) {
      const type = node.opType ?? '';
      const lowered = Object.hasOwn(operators, type) ? operators[type]!(math, node, inputs) : undefined;
      return lowered ?? lowerForDifferentiation(graph, node, inputs);
    },
  });
  const y = values.get(output)!;
  const seed = graph.input(`grad/${output}`, y.dtype, y.shape);
  const found = targets.map((name) => values.get(name)!);
  const gradients = reverseWalk(graph, y, seed, found, LOWERINGS.cpu);
  for (const [index, target] of found.entries())
    graph.output(gradients[index] ?? math.zerosLike(target), `grad/${targets[index]}`);
  return graph.toModel();
}

/** As `differentiate` writes it, for any provider. */
export function portableGradients({ model, output, targets }: Question): ModelProto {
  return differentiate(model, { output, withRespectTo: targets });
}

/** Feeds of the element types that a model wants: float64 where it was given that type. */
export function feedsFor(model: ModelProto, feeds: Feeds): Feeds {
  const wanted = new Map(model.graph!.input.map(({ name = '', type }) => [name, type?.tensorType?.elemType]));
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]): [string, Tensor] => {
      if (wanted.get(name) !== 11 || tensor.dtype !== 'float32') return [name, tensor];
      return [name, { dtype: 'float64', shape: tensor.shape, data: Float64Array.from(tensor.data as Float32Array) }];
    }),
  );
}

/** Loads the graph; `undefined` where ONNX Runtime has no kernel for it. */
export async function loadIfPossible(model: ModelProto): Promise<LoadedModel | undefined> {
  return loadModel(model).catch(() => undefined);
}
