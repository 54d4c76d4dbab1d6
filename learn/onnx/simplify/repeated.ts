/** Small values that are computed twice. Large ones are left: the second time may be meant to save the memory between. */
import type { GraphNode } from '../builder.js';
import type { NodeProto } from '../messages.js';
import type { Value } from '../value.js';

/** Elements. */
const LARGEST = 4096;
/** Elements of a constant that are compared. */
const LARGEST_CONSTANT = 64;

/** Equal inputs give different outputs, or the kernel writes to its inputs. */
const NOT_EQUAL: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'Bernoulli',
  'Dropout',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

export class Repeated {
  readonly #known = new Map<string, readonly (Value | undefined)[]>();

  /** Two nodes with the same key give the same bits; `undefined` where that is not sure, or not wanted. */
  keyOf(node: GraphNode, proto: NodeProto, inputs: readonly (Value | undefined)[]): string | undefined {
    if (node.domain !== '' || NOT_EQUAL.has(node.type)) return undefined;
    const largest = node.type === 'Constant' ? LARGEST_CONSTANT : LARGEST;
    if (!node.outputs.every((output) => output && elements(output) <= largest)) return undefined;
    const attributes = proto.attribute.toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
    // The count of outputs matters: Split makes as many parts.
    return JSON.stringify(
      [node.type, node.outputs.length, inputs.map((value) => value?.name ?? ''), attributes],
      plain,
    );
  }

  get(key: string): readonly (Value | undefined)[] | undefined {
    return this.#known.get(key);
  }

  set(key: string, outputs: readonly (Value | undefined)[]): void {
    this.#known.set(key, outputs);
  }
}

/** As far as it is known; infinite where an extent varies. */
function elements({ shape }: Value): number {
  return shape.reduce<number>((count, dim) => count * (typeof dim === 'number' ? dim : Number.POSITIVE_INFINITY), 1);
}

/** The name of a stored tensor says nothing of what it holds. */
function plain(key: string, value: unknown): unknown {
  if (key === 'docString' || (key === 'name' && typeof value === 'string' && value === '')) return undefined;
  if (typeof value === 'bigint') return `${value}n`;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
