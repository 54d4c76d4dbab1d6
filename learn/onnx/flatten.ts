/** Brings a model to the form that is imported: one graph, with as few graphs and functions inside as its constants allow. */
import { inlineConstantBranches } from './inline-branches.js';
import { inlineFunctions } from './inline-functions.js';
import type { ModelProto } from './messages.js';

/** The model without functions of its own and without `If` nodes whose condition is a constant. Its own names stay. */
export function flatten(model: ModelProto): ModelProto {
  return inlineConstantBranches(inlineFunctions(model));
}
