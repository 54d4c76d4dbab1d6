/** Holds the gradients that we write for a model against finite differences of the model itself. */
import { type LoadedModel, loadModel } from '../../../learn/onnx/fixtures/run-model.js';
import { OnnxError, withFloat64 } from '../../../learn/onnx/index.js';
import { type Random, random, STREAMS } from '../../../learn/random.js';
import type { Tensor } from '../../../runtime/tensor.js';
import { isJump, isSlope, isSmooth, numbersOf, slopesOf } from './compare.js';
import {
  cpuGradients,
  type Feeds,
  feedsFor,
  type GradientGraph,
  loadIfPossible,
  portableGradients,
  type Question,
} from './gradient-models.js';

/** What came of it, where the gradients do not agree. */
export interface GradientOutcome {
  readonly kind: 'refused' | 'no kernel' | 'not finite' | 'failed';
  readonly reason: string;
}

/** The function along whose lines slopes are taken. */
interface Forward {
  readonly loaded: LoadedModel;
  readonly wide: boolean;
  /** Central differences: their error is about step^2 + rounding / step. */
  readonly step: number;
  readonly tolerance: number;
  /** Rounding of one value, as a part of it. */
  readonly rounding: number;
}

/** The part by which a slope in float32 may be wrong, against exact differences. */
const FLOAT32_TOLERANCE = 1e-3;

/**
 * Compares the gradient of an output with respect to each target, along a random direction: in float64 where ONNX Runtime has the
 * kernels, and in float32 as a training graph for the CPU is written.
 * @returns `undefined` when they agree
 */
export async function checkGradients(question: Question, feeds: Feeds): Promise<GradientOutcome | undefined> {
  const exact = await checkWith(question, feeds, true);
  // Some kernels take float64 and compute in float32: coarser steps tell whether that was it.
  return exact?.kind === 'failed' ? checkWith(question, feeds, false) : exact;
}

async function checkWith(question: Question, feeds: Feeds, wide: boolean): Promise<GradientOutcome | undefined> {
  const opened: LoadedModel[] = [];
  try {
    const forward = await openForward(question, feeds, wide, opened);
    const graphs = await openGradients(question, forward, opened);
    if ('kind' in graphs) return graphs;
    let at = feeds;
    // At a kink any subgradient is right, so a second place is tried, near the first.
    for (let place = 0; place < 2; place++) {
      const outcome = await compareAt(question, forward, graphs, at, place);
      if (outcome === 'agrees' || (place > 0 && outcome !== 'kink' && outcome.kind === 'not finite')) return undefined;
      if (outcome !== 'kink') return outcome;
      at = moved(feeds, question.targets);
    }
    return undefined;
  } catch (error) {
    if (error instanceof OnnxError) return { kind: 'refused', reason: error.message };
    throw error;
  } finally {
    for (const loaded of opened) await loaded.release();
  }
}

async function openForward(
  { model }: Question,
  feeds: Feeds,
  inFloat64: boolean,
  opened: LoadedModel[],
): Promise<Forward> {
  const wide = withFloat64(model);
  const exact = inFloat64 ? await loadIfPossible(wide) : undefined;
  if (exact) opened.push(exact);
  const runs = exact && (await exact.run(feedsFor(wide, feeds)).catch(() => undefined));
  if (runs) return { loaded: exact, wide: true, step: 1e-6, tolerance: 1e-6, rounding: 1e-14 };
  const loaded = await loadModel(model);
  opened.push(loaded);
  return { loaded, wide: false, step: 1e-2, tolerance: 2e-2, rounding: 1e-6 };
}

async function openGradients(
  question: Question,
  forward: Forward,
  opened: LoadedModel[],
): Promise<GradientGraph[] | GradientOutcome> {
  const graphs: GradientGraph[] = [];
  const add = (what: string, loaded: LoadedModel, tolerance: number): void => {
    opened.push(loaded);
    graphs.push({ what, loaded, tolerance: Math.max(tolerance, forward.tolerance) });
  };
  const narrow = cpuGradients(question);
  try {
    add('for the CPU', await loadModel(narrow), FLOAT32_TOLERANCE);
  } catch (error) {
    return { kind: 'failed', reason: `onnxruntime does not take the gradient's graph: ${(error as Error).message}` };
  }
  if (forward.wide) {
    const wide = await loadIfPossible(portableGradients({ ...question, model: withFloat64(question.model) }));
    if (wide) add('in float64', wide, 0);
  }
  return graphs;
}

type Compared = 'agrees' | 'kink' | GradientOutcome;

async function compareAt(
  { model, output, targets }: Question,
  forward: Forward,
  graphs: readonly GradientGraph[],
  narrow: Feeds,
  place: number,
): Promise<Compared> {
  const draws = random(17, STREAMS.user, place);
  const feeds = forward.wide ? feedsFor(withFloat64(model), narrow) : narrow;
  const y = (await forward.loaded.run(feeds))[output]!;
  const values = numbersOf(y);
  const projection = values.map(() => draws.normal());
  const along = async (name: string, direction: readonly number[], step: number): Promise<number> => {
    const point = step === 0 ? feeds : { ...feeds, [name]: shifted(feeds[name]!, direction, step) };
    return dot(numbersOf((await forward.loaded.run(point))[output]!), projection);
  };
  const size = values.reduce((sum, value, index) => sum + Math.abs(value * projection[index]!), 0);
  if (!Number.isFinite(size)) return { kind: 'not finite', reason: 'the model gives values that are not finite' };
  const all: { gradients: Record<string, Tensor>; graph: GradientGraph }[] = [];
  for (const graph of graphs) {
    const wide = graph.what === 'in float64';
    const own = wide ? feeds : narrow;
    const seed = ofType(wide ? 'float64' : seedType(y, model, output), y.shape, projection);
    const gradients = await graph.loaded.run({ ...own, [`grad/${output}`]: seed }).catch((error: Error) => error);
    // What has kernels for float32 need not have them for float64: they are found missing when it runs.
    if (gradients instanceof Error && wide) continue;
    if (gradients instanceof Error)
      return { kind: 'failed', reason: `the gradient's graph does not run: ${gradients.message}` };
    all.push({ gradients, graph });
  }
  let kink = false;
  for (const name of targets) {
    const direction = directionFor(numbersOf(feeds[name]!), draws);
    const { step } = forward;
    const line = [
      await along(name, direction, -step),
      await along(name, direction, 0),
      await along(name, direction, step),
    ];
    if (!line.every(Number.isFinite))
      return { kind: 'not finite', reason: 'the model is not finite beside its inputs' };
    const slopes = slopesOf(line as [number, number, number], step);
    for (const { gradients, graph } of all) {
      const gradient = gradients[`grad/${name}`]!;
      if (gradient.shape.join() !== feeds[name]!.shape.join())
        return failed(graph, name, `has the shape [${gradient.shape}], not [${feeds[name]!.shape}]`);
      const parts = numbersOf(gradient).map((value, index) => value * direction[index]!);
      const slope = parts.reduce((sum, value) => sum + value, 0);
      const magnitude = Math.max(
        Math.abs(slopes.behind),
        parts.reduce((sum, value) => sum + Math.abs(value), 0),
      );
      const tolerance = graph.tolerance * magnitude + (4 * forward.rounding * size) / step;
      if (!isSlope(slope, slopes, tolerance)) {
        const far = [await along(name, direction, -10 * step), await along(name, direction, 10 * step)] as const;
        if (isJump(slopes, step, far)) {
          kink = true;
          continue;
        }
        return failed(
          graph,
          name,
          `has the slope ${slope}, the model ${slopes.before} and ${slopes.behind} on both sides`,
        );
      }
      kink ||= !isSmooth(slopes, Math.max(tolerance, 1e-3 * magnitude));
    }
  }
  return kink ? 'kink' : 'agrees';
}

function failed({ what }: GradientGraph, name: string, how: string): GradientOutcome {
  return { kind: 'failed', reason: `the gradient ${what} of "${name}" ${how}` };
}

/** The type of the seed in the graph for float32: that of the output. */
function seedType(y: Tensor, model: Question['model'], output: string): 'float32' | 'float64' {
  const declared = model.graph!.output.find(({ name }) => name === output)?.type?.tensorType?.elemType;
  return declared === 11 ? 'float64' : y.dtype === 'float64' && declared === undefined ? 'float64' : 'float32';
}

function ofType(dtype: 'float32' | 'float64', shape: readonly number[], values: readonly number[]): Tensor {
  if (dtype === 'float64') return { dtype, shape, data: Float64Array.from(values) };
  return { dtype, shape, data: Float32Array.from(values) };
}

/** Larger where the values are larger, and small beside them: few leave the domain of a logarithm or a root. */
function directionFor(values: readonly number[], draws: Random): number[] {
  return values.map((value) => draws.normal() * (0.1 + 0.5 * Math.min(Math.abs(value), 10)));
}

function shifted(tensor: Tensor, direction: readonly number[], step: number): Tensor {
  const data = (tensor.data as Float64Array).map((value, index) => value + step * direction[index]!);
  return { ...tensor, data };
}

/** A place near by, away from kinks. */
function moved(feeds: Feeds, targets: readonly string[]): Feeds {
  const draws = random(23, STREAMS.user);
  const entries = targets.map((name): [string, Tensor] => {
    const tensor = feeds[name]!;
    return [name, shifted(tensor, directionFor(numbersOf(tensor), draws), 1e-2)];
  });
  return { ...feeds, ...Object.fromEntries(entries) };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
