/** Tries an ONNX Runtime provider in the process it is called in, which a broken driver may end: see `provider-child.ts`. */
import { EXPECTED, tinyInput, tinyModel } from './tiny-model.js';

/** What a probe tells, as a line of JSON. */
export type ProbeAnswer =
  | { readonly outcome: 'ran'; readonly version: string; readonly milliseconds: number }
  /** The session or the run was refused. */
  | { readonly outcome: 'refused'; readonly error: string }
  /** It ran, and calculated wrongly. */
  | { readonly outcome: 'wrong'; readonly values: readonly number[] };

/** Runs the tiny model once. @returns a {@link ProbeAnswer} as JSON; never rejects */
export async function probeProvider(provider: string): Promise<string> {
  return JSON.stringify(await probe(provider));
}

async function probe(provider: string): Promise<ProbeAnswer> {
  try {
    const ort = await import('onnxruntime-node');
    const model = tinyModel();
    const { data, shape } = tinyInput();
    const began = performance.now();
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    try {
      const { y } = await session.run({ x: new ort.Tensor('float32', data, shape) });
      const values = Array.from((y?.data ?? []) as Float32Array);
      if (values.length !== EXPECTED.length || values.some((value, index) => value !== EXPECTED[index])) {
        return { outcome: 'wrong', values };
      }
      const version = ort.env.versions.node ?? ort.env.versions.common;
      return { outcome: 'ran', version, milliseconds: performance.now() - began };
    } finally {
      await session.release();
    }
  } catch (error) {
    return { outcome: 'refused', error: error instanceof Error ? error.message : String(error) };
  }
}
