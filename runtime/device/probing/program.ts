/**
 * What the process does that tries a provider. It is handed over as text (`node -e`), so that it needs no file of its own:
 * the package may lie bundled or as source, and the process loads nothing but ONNX Runtime.
 */
import { writePlainGraph } from '../plain-graph.js';

/** What the process tells, as the last line of its output. */
export type ProbeAnswer =
  | {
      readonly outcome: 'ran';
      /** Of ONNX Runtime. */
      readonly version: string;
      /** From loading the graph to the first result, in ms. */
      readonly first: number;
      /** A product of two matrices of {@link SMALL}, warm, in ms. */
      readonly small: number;
      /** Four products of matrices of {@link LARGE}, in ms; absent where the small one took too long. */
      readonly large?: number;
    }
  /** The session or the run was refused. */
  | { readonly outcome: 'refused'; readonly error: string }
  /** It ran, and calculated wrongly. */
  | { readonly outcome: 'wrong'; readonly values: readonly number[] };

/** Rows and columns of the matrices that are timed. */
export const SMALL = 256;
export const LARGE = 1024;

/**
 * A small product that takes longer than this, in ms, is the work of a software renderer: 33 MFLOP are far less than
 * 1 ms of any GPU, and 80 ms of SwiftShader on two cores.
 */
export const SOFTWARE_MS = 20;

/** relu(x w + b), by hand: [[-11, -4], [7, 10.5]] + b, negative values cut off. Exact in float32, and in float16. */
export const EXAMPLE = {
  x: { dims: [2, 3], data: [1, -2, 3, 0.5, 4, -1] },
  w: { dims: [3, 2], data: [2, -1, 0.5, 3, -4, 1] },
  b: { dims: [2], data: [10, -0.25] },
  expected: [0, 0, 17, 10.25],
} as const;

/** `y = relu(x w + b)` for matrices of any size. */
export const EXAMPLE_GRAPH = writePlainGraph({
  inputs: { x: 'float32', w: 'float32', b: 'float32' },
  outputs: { y: 'float32' },
  nodes: [
    ['MatMul', ['x', 'w'], 'product'],
    ['Add', ['product', 'b'], 'sum'],
    ['Relu', ['sum'], 'y'],
  ],
});

/** `y = x w w w w` */
export const PRODUCTS_GRAPH = writePlainGraph({
  inputs: { x: 'float32', w: 'float32' },
  outputs: { y: 'float32' },
  nodes: [
    ['MatMul', ['x', 'w'], 'p1'],
    ['MatMul', ['p1', 'w'], 'p2'],
    ['MatMul', ['p2', 'w'], 'p3'],
    ['MatMul', ['p3', 'w'], 'y'],
  ],
});

/** Arguments of the program: the provider, and {@link probeTask} as JSON. */
export const PROBE_PROGRAM = `
const [provider, task] = process.argv.slice(1);
const { library, example, graph, products, small, large, softwareMs } = JSON.parse(task);
const tell = (answer) => process.stdout.write(JSON.stringify(answer) + '\\n');
(async () => {
  const ort = require(library);
  const load = (bytes) => ort.InferenceSession.create(Buffer.from(bytes, 'base64'), { executionProviders: [provider], logSeverityLevel: 3 });
  const tensor = ({ dims, data }) => new ort.Tensor('float32', Float32Array.from(data), dims);
  const square = (size) => new ort.Tensor('float32', new Float32Array(size * size).fill(1 / size), [size, size]);
  const timed = async (session, feeds) => {
    let best = Infinity;
    for (let run = 0; run < 3; run++) {
      const began = performance.now();
      await session.run(feeds);
      best = Math.min(best, performance.now() - began);
    }
    return best;
  };
  const began = performance.now();
  const session = await load(graph);
  const { y } = await session.run({ x: tensor(example.x), w: tensor(example.w), b: tensor(example.b) });
  const values = Array.from(y.data);
  if (values.length !== example.expected.length || values.some((value, index) => value !== example.expected[index]))
    return tell({ outcome: 'wrong', values });
  const first = performance.now() - began;
  const answer = { outcome: 'ran', version: ort.env.versions.node ?? ort.env.versions.common, first };
  answer.small = await timed(session, { x: square(small), w: square(small), b: tensor({ dims: [1], data: [0] }) });
  await session.release();
  if (answer.small <= softwareMs) {
    const chain = await load(products);
    answer.large = await timed(chain, { x: square(large), w: square(large) });
    await chain.release();
  }
  tell(answer);
})().catch((error) => tell({ outcome: 'refused', error: String(error?.message ?? error) }));
`;

/** @param library file of `onnxruntime-node` */
export function probeTask(library: string): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return JSON.stringify({
    library,
    example: EXAMPLE,
    graph: base64(EXAMPLE_GRAPH),
    products: base64(PRODUCTS_GRAPH),
    small: SMALL,
    large: LARGE,
    softwareMs: SOFTWARE_MS,
  });
}
