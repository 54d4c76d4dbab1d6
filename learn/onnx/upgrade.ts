/** Brings nodes of older operator sets to the form that the builder knows: one row for each change of an operator. */
import { ATTRIBUTES_TO_INPUTS } from './upgrades/attributes-to-inputs.js';
import { BROADCASTING } from './upgrades/broadcasting.js';
import type { Change, OldNode, Upgraded } from './upgrades/change.js';
import { NORMALIZATION_CHANGES } from './upgrades/normalization.js';
import { RENAMING } from './upgrades/renaming.js';
import { RESIZING } from './upgrades/resizing.js';

export type { OldNode, Upgraded } from './upgrades/change.js';

/** The first operator set that can be brought up to date. */
export const OLDEST_OPSET = 1;

/**
 * The last operator set that is known. From 22 on operators that we write only got more element types, and new attributes that are
 * refused by name where they are used; a later set may give an operator another meaning.
 */
export const NEWEST_OPSET = 25;

/** In the order of the operator sets. A test holds the rows against that, and runs each of them. */
export const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  ...ATTRIBUTES_TO_INPUTS,
  ...BROADCASTING,
  ...NORMALIZATION_CHANGES,
  ...RENAMING,
  ...RESIZING,
};

/** Until set 6 nodes could say which inputs they overwrite. It changed no result. */
const CONSUMED_INPUTS: Change = {
  since: 6,
  apply: (node) => ({
    proto: { ...node.proto, attribute: node.proto.attribute.filter(({ name }) => name !== 'consumed_inputs') },
    inputs: node.inputs,
  }),
};

/** The node in its present form. @throws OnnxError where an old form has no equal */
export function upgradeNode(node: OldNode, opset: number): Upgraded {
  const type = node.proto.opType ?? '';
  const rows = Object.hasOwn(CHANGES, type) ? CHANGES[type]! : [];
  let result: Upgraded = node;
  for (const change of [CONSUMED_INPUTS, ...rows]) {
    if (opset >= change.since) continue;
    const { finish: earlier } = result;
    const next = change.apply({ ...node, proto: result.proto, inputs: result.inputs });
    const { finish } = next;
    // The last change is undone first.
    const both = finish && earlier ? (outputs: Parameters<typeof finish>[0]) => earlier(finish(outputs)) : undefined;
    const undo = both ?? finish ?? earlier;
    result = { proto: next.proto, inputs: next.inputs, ...(undo && { finish: undo }) };
  }
  return result;
}
