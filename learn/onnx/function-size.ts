/** How large a model becomes when its functions are put in the place of their calls: a hostile one doubles at every level. */
import { OnnxError } from './error.js';
import type { FunctionProto, ModelProto, NodeProto } from './messages.js';
import { nestedGraphs } from './nested-graphs.js';

/** No model has more; ONNX Runtime itself takes minutes for a tenth of them. */
const LARGEST_MODEL = 5_000_000;

/** Functions within one another: exporters write a handful of levels. */
const DEEPEST_CALL = 100;

/** @throws OnnxError when functions call one another too deep, or the model without functions has more nodes than any model */
export function refuseExplosion({ graph, functions }: ModelProto): void {
  if (!graph || !functions?.length) return;
  const bodies = new Map(functions.map((entry) => [keyOf(entry.domain, entry.name), entry]));
  const sizes = new Map<FunctionProto, number>();
  const sizeOf = (nodes: readonly NodeProto[], depth: number): number => {
    let size = 0;
    for (const node of nodes) {
      const body = bodies.get(keyOf(node.domain, node.opType));
      size += 1 + (body ? ofBody(body, depth + 1) : 0);
      for (const nested of nestedGraphs(node)) size += sizeOf(nested.node, depth);
    }
    return size;
  };
  const ofBody = (body: FunctionProto, depth: number): number => {
    if (depth > DEEPEST_CALL)
      throw new OnnxError(`functions of the model call one another more than ${DEEPEST_CALL} levels deep`);
    const known = sizes.get(body);
    if (known !== undefined) return known;
    // A function that calls itself is refused where it is inlined.
    sizes.set(body, 0);
    const size = sizeOf(body.node, depth);
    sizes.set(body, size);
    return size;
  };
  const size = sizeOf(graph.node, 0);
  if (size <= LARGEST_MODEL) return;
  throw new OnnxError(
    `the functions that the model defines call one another so often that it would have ${size} nodes: it is damaged or hostile`,
  );
}

function keyOf(domain: string | undefined, name: string | undefined): string {
  return `${domain ?? ''} ${name ?? ''}`;
}
