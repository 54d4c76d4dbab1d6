/** The static inputs of a node: `data.config`, or the fields that a client put flat into `data`. */
import { declaredKeys } from '../contract/keys.js';
import { parse } from '../contract/parse.js';
import { quoted } from '../contract/received.js';
import type { NodeType } from '../node-type.js';

/**
 * What the canvas of existing clients keeps in `data` beside the config. `always`: never config in flat data, because every
 * such client writes it. `undeclared`: config only where the node type has a field of that name.
 */
const CANVAS_KEYS: Readonly<Record<string, 'always' | 'undeclared'>> = {
  label: 'always',
  category: 'undeclared',
  color: 'undeclared',
  description: 'undeclared',
  duration: 'undeclared',
  error: 'undeclared',
  execution: 'undeclared',
  icon: 'undeclared',
  id: 'undeclared',
  inputs: 'undeclared',
  message: 'undeclared',
  name: 'undeclared',
  outputs: 'undeclared',
  position: 'undeclared',
  progress: 'undeclared',
  result: 'undeclared',
  selected: 'undeclared',
  status: 'undeclared',
  title: 'undeclared',
  type: 'undeclared',
};

export interface ConfigFault {
  /** Path inside the node: `['data', 'config', 'epochs']`. */
  readonly loc: readonly (string | number)[];
  readonly message: string;
}

export interface NodeConfig {
  /** The parsed config, defaults filled in; `undefined` when it has faults. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** What the client gave, before parsing: a port that the config supplies needs no edge. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly faults: readonly ConfigFault[];
}

type Data = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The config among flat data. `type` also stands for the node's own type there: then it is no config. */
function flatConfig(data: Data, type: NodeType, declared: readonly string[]): Data {
  const own = new Set([type.type, ...(type.aliases ?? [])]);
  const chosen = Object.entries(data).filter(([key, value]) => {
    if (key === 'config') return false;
    const rule = Object.hasOwn(CANVAS_KEYS, key) ? CANVAS_KEYS[key] : undefined;
    if (rule === undefined) return true;
    if (rule === 'always' || !declared.includes(key)) return false;
    return !(key === 'type' && typeof value === 'string' && own.has(value));
  });
  return Object.fromEntries(chosen);
}

/** Fields of the type that stand beside `data.config`: nobody would read them, and nobody would notice. */
function strayFields(data: Data, config: Data, declared: readonly string[]): ConfigFault[] {
  const stray = declared.filter(
    (key) => Object.hasOwn(data, key) && !Object.hasOwn(CANVAS_KEYS, key) && !Object.hasOwn(config, key),
  );
  return stray.map((key) => ({
    loc: ['data', key],
    message: `${quoted(key)} stands beside \`data.config\` and would be ignored: move it into \`data.config\``,
  }));
}

/** Reads and checks the config of a node. */
export function readConfig(data: Data, type: NodeType): NodeConfig {
  const declared = declaredKeys(type.config) ?? [];
  const nested = data['config'] ?? undefined;
  if (nested !== undefined && !isObject(nested)) {
    const message = `\`data.config\` is an object of the node's settings, not ${Array.isArray(nested) ? 'a list' : `a ${typeof nested}`}`;
    return { config: undefined, given: {}, faults: [{ loc: ['data', 'config'], message }] };
  }
  const given = nested ?? flatConfig(data, type, declared);
  const place = nested === undefined ? ['data'] : ['data', 'config'];
  const stray = nested === undefined ? [] : strayFields(data, nested, declared);
  const parsed = parse(type.config, given);
  if (parsed.ok) {
    return { config: stray.length === 0 ? { ...parsed.value } : undefined, given, faults: stray };
  }
  const faults = parsed.issues.map((issue) => {
    const key = issue.loc[0];
    const titled =
      nested === undefined && key !== undefined && CANVAS_KEYS[key] === 'always' && Object.hasOwn(data, key);
    const hint = titled
      ? `. \`data.${key}\` is the node's title on the canvas: put the setting into \`data.config\``
      : '';
    const field = issue.loc.length === 0 ? 'config' : quoted(issue.loc.join('.'));
    return { loc: [...place, ...issue.loc], message: `${field} ${issue.msg}${hint}` };
  });
  return { config: undefined, given, faults: [...stray, ...faults] };
}
