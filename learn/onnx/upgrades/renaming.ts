/** Changes by which an operator, an attribute or one of its words got another name, or another default. */
import { DATA_TYPES, ELEMENT_TYPES } from '../data-types.js';
import {
  attribute,
  type Change,
  intOf,
  type OldNode,
  refuse,
  textOf,
  type Upgraded,
  withAttributes,
  without,
} from './change.js';

const MODES: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };

function modeInFewerWords(node: OldNode): Upgraded {
  const mode = textOf(node, 'mode') ?? 'bilinear';
  return { proto: withAttributes(node.proto, { mode: MODES[mode] ?? mode }), inputs: node.inputs };
}

/** The names of element types in files of the first operator sets: those of C++. */
const OLD_NAMES: Readonly<Record<string, string>> = { FLOAT: 'float32', DOUBLE: 'float64' };

function typeByNumber(node: OldNode): Upgraded {
  const to = textOf(node, 'to');
  if (to === undefined) return node;
  const name = OLD_NAMES[to] ?? to.toLowerCase();
  const code = Object.keys(ELEMENT_TYPES).find((key) => ELEMENT_TYPES[Number(key)]!.name === name);
  if (!Object.hasOwn(DATA_TYPES, name)) refuse(node, `it casts to ${to}`);
  return { proto: withAttributes(node.proto, { to: Number(code) }), inputs: node.inputs };
}

/** The norm was a floating-point number. */
function wholeNorm(node: OldNode): Upgraded {
  const p = attribute(node, 'p')?.f ?? 2;
  if (!Number.isInteger(p)) refuse(node, `its norm ${p} is not a whole number`);
  return { proto: withAttributes(node.proto, { p }), inputs: node.inputs };
}

/** The first digits only, until set 6. */
function shortDefaults(node: OldNode): Upgraded {
  const given = (name: string, value: number) => attribute(node, name) ?? { name, type: 1, f: value };
  const proto = without(node, 'alpha', 'gamma');
  return {
    proto: { ...proto, attribute: [...proto.attribute, given('alpha', 1.6732), given('gamma', 1.0507)] },
    inputs: node.inputs,
  };
}

function firstAxisDefault(node: OldNode): Upgraded {
  return { proto: withAttributes(node.proto, { axis: intOf(node, 'axis') ?? 1 }), inputs: node.inputs };
}

const always =
  (name: string): Change['apply'] =>
  (node) => ({ proto: without(node, name), inputs: node.inputs });
const unlike =
  (what: string): Change['apply'] =>
  (node) =>
    refuse(node, what);

export const RENAMING: Readonly<Record<string, readonly Change[]>> = {
  Scatter: [
    { since: 11, apply: (node) => ({ proto: { ...node.proto, opType: 'ScatterElements' }, inputs: node.inputs }) },
  ],
  GridSample: [{ since: 20, apply: modeInFewerWords }],
  Cast: [{ since: 6, apply: typeByNumber }],
  Concat: [{ since: 4, apply: firstAxisDefault }],
  Selu: [{ since: 6, apply: shortDefaults }],
  LpPool: [{ since: 2, apply: wholeNorm }],
  GlobalLpPool: [{ since: 2, apply: wholeNorm }],
  // Whether outputs are wanted is told by the outputs themselves.
  RNN: [{ since: 7, apply: always('output_sequence') }],
  GRU: [{ since: 7, apply: always('output_sequence') }],
  LSTM: [{ since: 7, apply: always('output_sequence') }],
  Tile: [{ since: 6, apply: unlike('it repeats one axis, by two inputs') }],
  Scan: [{ since: 9, apply: unlike('it runs over batches of sequences of different lengths') }],
};
