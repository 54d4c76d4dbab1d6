/** Stored tensors that look like constants of the mathematics rather than weights. */
import type { ModelProto } from '../../onnx/index.js';
import { listed } from '../weight-groups.js';

/** What a mean is taken away with and a deviation divided by; layers with weights add and multiply. */
const STANDARDISES: ReadonlySet<string> = new Set(['Sub', 'Div']);

/**
 * What somebody who trains everything should know: a file does not tell a learned weight from a stored mean or deviation, so they would be
 * trained as well.
 * @returns a sentence, or none
 */
export function constantNotes({ graph }: ModelProto, trainable: readonly string[]): string[] {
  const readers = (name: string) => (graph?.node ?? []).filter(({ input }) => input.includes(name));
  const suspected = trainable.filter((name) => {
    const nodes = readers(name);
    return nodes.length > 0 && nodes.every(({ opType, domain = '' }) => domain === '' && STANDARDISES.has(opType!));
  });
  if (suspected.length === 0) return [];
  const [is, it] = suspected.length === 1 ? ['is', 'it is'] : ['are', 'they are'];
  const names = listed(suspected.map((name) => ({ name })));
  return [
    `${names} ${is} only taken away or divided by, and trained since \`trainable\` is "all": if ${it} a fixed mean or deviation, name the weights in \`trainable\` instead`,
  ];
}
