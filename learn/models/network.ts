/** A network under construction: its graph, and where its initial weights come from. */
import { type InitializationSettings, initialTensor } from '../initialization/index.js';
import { Arithmetic, GraphBuilder, type ModelProto, type Value } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';

/** What the layers of `ganglion/learn` are put into: `new Network('classifier', seed)`, then one layer function after another. */
export class Network {
  readonly graph: GraphBuilder;
  readonly math: Arithmetic;
  readonly #seed: number;
  #parameters = 0;

  /** @param seed of the initial weights; a whole number >= 0 */
  constructor(name: string, seed: number) {
    this.graph = new GraphBuilder(name);
    this.math = new Arithmetic(this.graph);
    this.#seed = seed;
  }

  /** Adds a float32 input. `shape` may have symbols: `['N', 30]`. */
  input(name: string, shape: Value['shape']): Value {
    return this.graph.input(name, 'float32', shape);
  }

  /**
   * Stores a float32 tensor in the model. Each has a stream of draws of its own, by its number in the network, so that a layer more
   * at the end does not change the others' weights.
   */
  parameter(name: string, shape: readonly number[], initialization: InitializationSettings): Value {
    const draws = random(this.#seed, STREAMS.initialisation, this.#parameters);
    this.#parameters += 1;
    return this.graph.initializer(name, initialTensor(shape, initialization, draws));
  }

  /** Names of nodes that `layer` makes up start with `name/`. */
  within<T>(name: string, layer: () => T): T {
    return this.graph.names.within(name, layer);
  }

  /** The model whose outputs are `outputs`. */
  finish(...outputs: readonly Value[]): ModelProto {
    for (const value of outputs) this.graph.output(value);
    return this.graph.toModel();
  }
}
