/** Writes a forward pass anew, with convolutions and what stands between them over tiles. */
import type { Composite } from '../../autodiff/composite.js';
import { type Derivative, once } from '../../autodiff/derivatives/derivative.js';
import { Arithmetic, GraphBuilder, type GraphNode, OnnxError, type Value, type ValueType } from '../../onnx/index.js';
import { nestedGraphs } from '../../onnx/nested-graphs.js';
import { windowOf } from '../../onnx/operators/window.js';
import { operandsOf } from './elementwise.js';
import { type Tiled, Tiles, tiled } from './layout.js';
import { Nchwc } from './nchwc.js';
import { isByBatch, knownSize, type Plan, type PlannedUnit, planUnits, readBy } from './plan.js';
import {
  gateOfTiles,
  globalAverageOfTiles,
  isBlockPooling,
  isTapPooling,
  maxPoolByTaps,
  maxPoolTiles,
} from './pooling.js';
import { backThroughRelu, emitUnit } from './unit.js';

/** How images are to lie in memory. */
export interface BlockedLayout {
  /** Channels in a block of ONNX Runtime's kernels on the machine at hand, and images in a tile: 16 with AVX-512, 8 with AVX2. */
  readonly blockSize: number;
}

/** A forward pass in its new form. */
export interface LaidOut {
  readonly graph: GraphBuilder;
  /** For differentiation. */
  readonly composites: readonly Composite[];
  /** Where a value of the old graph is: one of those that were to be kept, or an input. */
  at(value: Value): Value;
}

/**
 * The same forward pass, computed over tiles wherever shapes allow it. What nothing reads is left out.
 * @param kept what is read later
 */
export function layOut(source: GraphBuilder, kept: readonly Value[], { blockSize }: BlockedLayout): LaidOut {
  const plan = source.protos.some((proto) => nestedGraphs(proto).length > 0)
    ? undefined
    : planUnits(source, new Set(kept.map(({ name }) => name)), blockSize);
  // A normalisation alone is not worth the way into tiles and out of them.
  const convolutions = plan && [...plan.units.values()].filter(({ convolution }) => convolution);
  if (!plan || convolutions!.length === 0) return { graph: source, composites: [], at: (value) => value };
  const layout = new Layout(source, plan, blockSize);
  layout.write(kept);
  return {
    graph: layout.graph,
    composites: layout.composites,
    // Whoever reads it later may read it plain only.
    at: (value) => layout.plain(value),
  };
}

class Layout {
  readonly graph: GraphBuilder;
  readonly composites: Composite[] = [];
  readonly #source: GraphBuilder;
  readonly #plan: Plan;
  readonly #tiles: Tiles;
  readonly #block: number;
  /** By their names in the old graph. */
  readonly #plain = new Map<string, Value>();
  readonly #tiled = new Map<string, Tiled>();

  constructor(source: GraphBuilder, plan: Plan, block: number) {
    const graph = new GraphBuilder('training');
    this.graph = graph;
    this.#source = source;
    this.#plan = plan;
    this.#block = block;
    for (const opset of source.opsets) graph.requireOpset(opset);
    graph.names.continueSymbols(source.names);
    for (const { outputs } of source.nodes) for (const output of outputs) if (output) graph.names.reserve(output.name);
    for (const input of source.inputs) this.#plain.set(input.name, graph.input(input.name, input.dtype, input.shape));
    for (const [index, proto] of source.initializers.entries()) {
      const type = source.storedValues[index]!;
      this.#plain.set(type.name, graph.storedTensor(proto, type));
    }
    this.#tiles = new Tiles(new Nchwc(new Arithmetic(graph), block));
  }

  write(kept: readonly Value[]): void {
    const { needed, absorbed } = this.#plan;
    /** What reads the statistics of a batch stands behind the normalisation, but before the end of its unit. */
    let waiting: number[] = [];
    for (const [position, node] of this.#source.nodes.entries()) {
      if (!needed.has(node) || absorbed.has(node)) continue;
      waiting = [...waiting, position].filter((place) => !this.#write(place));
    }
    for (const value of kept) this.plain(value);
  }

  /** @returns whether what the node reads was there */
  #write(position: number): boolean {
    const node = this.#source.nodes[position]!;
    const unit = this.#plan.units.get(node);
    const parts = unit ? [unit.convolution?.node, unit.normalization, unit.addition?.node, unit.relu] : [node];
    const present = parts.filter((part) => part !== undefined);
    const made = new Set(present.flatMap(({ outputs }) => outputs));
    const read = present.flatMap((part) => readBy(part, this.#block)).filter((value) => !made.has(value));
    if (!read.every(({ name }) => this.#plain.has(name) || this.#tiled.has(name))) return false;
    if (unit) this.#named(node, () => this.#unit(unit));
    else if (!this.#overTiles(node, position)) this.#asItIs(node, position);
    return true;
  }

  plain(value: Value): Value {
    const known = this.#plain.get(value.name);
    if (known) return known;
    const image = this.#tiled.get(value.name);
    if (!image) throw new OnnxError(`the graph has no value "${value.name}" at this place`);
    const derivative: Derivative = (call) => [() => this.#tiles.tile(call.gradient).value];
    const [plain] = this.graph.names.within(`${value.name}/plain`, () =>
      this.#composite('Untile', [image.value], derivative, () => [this.#tiles.untile(image)]),
    );
    this.#plain.set(value.name, plain!);
    return plain!;
  }

  #inTiles(value: Value): Tiled {
    const known = this.#tiled.get(value.name);
    if (known) return known;
    const plain = this.plain(value);
    let image: Tiled | undefined;
    const derivative: Derivative = (call) => [() => this.#tiles.untile({ ...image!, value: call.gradient })];
    this.graph.names.within(`${value.name}/tiled`, () =>
      this.#composite('Tile', [plain], derivative, () => {
        image = this.#tiles.tile(plain);
        return [image.value];
      }),
    );
    this.#tiled.set(value.name, image!);
    return image!;
  }

  #unit({ convolution, normalization, addition, relu }: PlannedUnit): void {
    const first = (convolution?.node ?? normalization)!;
    const x = first.inputs[0]!;
    const few = convolution?.window.group === 1 && Number(x.shape[1]) < this.#block && !this.#tiled.has(x.name);
    const read = few ? this.plain(x) : this.#inTiles(x);
    const at = (value: Value | undefined) => value && this.plain(value);
    const [weight, bias] = convolution?.node.inputs.slice(1).map(at) ?? [];
    const frozen = normalization !== undefined && !isByBatch(normalization);
    const [scale, shift, mean, variance] = normalization?.inputs.slice(1, frozen ? 5 : 3).map(at) ?? [];
    const residual = addition && this.#inTiles(addition.residual).value;
    const from = this.graph.nodes.length;
    const unit = emitUnit(this.#tiles, {
      x: read,
      ...(convolution && { convolution: { weight: weight!, bias, window: convolution.window } }),
      ...(normalization && {
        normalization: {
          scale: scale!,
          bias: shift!,
          epsilon: normalization.attributes.number('epsilon'),
          ...(frozen && { fixed: { mean: mean!, variance: variance! } }),
        },
      }),
      residual,
      relu: relu !== undefined,
    });
    const outputs = [unit.output.value, unit.mean, unit.variance].filter((value) => value !== undefined);
    const { inputs, derivative } = unit;
    this.composites.push({ type: 'ConvolutionUnit', from, to: this.graph.nodes.length, inputs, outputs, derivative });
    const last = relu ?? addition?.node ?? normalization ?? convolution!.node;
    this.#tiled.set(last.outputs[0]!.name, unit.output);
    for (const [index, statistic] of [unit.mean, unit.variance].entries()) {
      const output = normalization?.outputs[index + 1];
      if (statistic && output) this.#plain.set(output.name, statistic);
    }
  }

  /** A node that is no unit, over tiles where that is possible and what it reads lies there. */
  #overTiles(node: GraphNode, position: number): boolean {
    const [x] = node.inputs;
    const image = x && this.#tiled.get(x.name);
    const output = node.outputs[0];
    if (node.domain !== '' || node.stopGradient || !output) return false;
    const size = knownSize(node);
    if (size !== undefined) {
      this.#plain.set(output.name, this.#tiles.nchwc.math.scalar(size, 'int64'));
      return true;
    }
    if (node.type === 'GlobalAveragePool' && image) {
      this.#plain.set(
        output.name,
        this.#named(node, () => globalAverageOfTiles(this.#tiles, image)),
      );
      return true;
    }
    if (node.type === 'MaxPool' && image) return this.#named(node, () => this.#maxPool(node, image));
    if (node.type === 'Relu' && image) {
      this.#named(node, () => this.#relu(output, image));
      return true;
    }
    const operands = operandsOf(node, ({ name }) => this.#tiled.has(name));
    if (operands === 'gate') this.#named(node, () => this.#gate(node));
    if (operands === 'alike') this.#alike(node, position);
    return operands !== undefined;
  }

  #maxPool(node: GraphNode, image: Tiled): boolean {
    const window = windowOf(node.attributes, node.attributes.numbers('kernel_shape')!, [image.height, image.width]);
    if (!window || node.outputs.length !== 1) return false;
    const way = isBlockPooling(image, window) ? maxPoolTiles : isTapPooling(image, window) ? maxPoolByTaps : undefined;
    if (!way || node.attributes.number('ceil_mode') !== 0) return false;
    const derivative: Derivative = (call) => [() => pool().back(call.gradient)];
    const pool = once(() => way(this.#tiles, image, window));
    this.#composite('MaxPool', [image.value], derivative, () => [pool().output.value]);
    this.#tiled.set(node.outputs[0]!.name, pool().output);
    return true;
  }

  #relu(output: Value, image: Tiled): void {
    const derivative: Derivative = (call) => [() => backThroughRelu(this.#tiles, call.output, call.gradient)];
    const [value] = this.#composite('Relu', [image.value], derivative, () => [this.graph.op('Relu', [image.value])]);
    this.#tiled.set(output.name, tiled(value!, image));
  }

  #gate(node: GraphNode): void {
    const { math } = this.#tiles.nchwc;
    const [first, second] = node.inputs as readonly [Value, Value];
    const [images, numbers] = this.#tiled.has(first.name) ? [first, second] : [second, first];
    const image = this.#tiled.get(images.name)!;
    const gate = gateOfTiles(this.#tiles, this.plain(numbers), image);
    const size = this.#block * this.#block;
    const flat = math.reshape(image.value, [Number(gate.shape[0]), image.height * image.width, size]);
    const gated = math.reshape(math.mul(flat, gate), image.value.shape as readonly number[]);
    this.#tiled.set(node.outputs[0]!.name, tiled(gated, image));
  }

  #alike(node: GraphNode, position: number): void {
    const [image] = node.inputs.flatMap((value) => (value && this.#tiled.get(value.name)) ?? []);
    const inputs = node.inputs.map((value) => value && (this.#tiled.get(value.name)?.value ?? this.plain(value)));
    const [value] = this.graph.node(this.#source.protos[position]!, inputs, new Map());
    this.#tiled.set(node.outputs[0]!.name, tiled(value!, image!));
  }

  #asItIs(node: GraphNode, position: number): void {
    const inputs = node.inputs.map((value) => value && this.plain(value));
    const declared = new Map<string, ValueType>();
    for (const output of node.outputs) if (output) declared.set(output.name, output);
    const outputs = this.graph.node(this.#source.protos[position]!, inputs, declared);
    for (const [index, output] of outputs.entries()) {
      const before = node.outputs[index];
      if (before && output) this.#plain.set(before.name, output);
    }
  }

  #composite(type: string, inputs: readonly Value[], derivative: Derivative, emit: () => readonly Value[]) {
    const from = this.graph.nodes.length;
    const outputs = emit();
    this.composites.push({ type, from, to: this.graph.nodes.length, inputs, outputs, derivative });
    return outputs;
  }

  #named<T>(node: GraphNode, write: () => T): T {
    return this.graph.names.within(node.name, write);
  }
}
