/** The node types that a runtime knows, by name and by alias. */
import { z } from 'zod';
import { quoted, received } from './contract/received.js';
import type { NodeType, Ports } from './node-type.js';

/** One entry of `GET /workflows/nodes`. */
export interface NodeTypeDescription {
  readonly type: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  /** Names of the input ports, and of the output ports. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Those of `inputs` that an edge or the config must supply. */
  readonly required_inputs: readonly string[];
  readonly input_types: Readonly<Record<string, string>>;
  readonly output_types: Readonly<Record<string, string>>;
  /** JSON Schema (2020-12) of what a client may write into `node.data.config`. */
  readonly config_schema: Readonly<Record<string, unknown>>;
}

/** What the checks of a graph need of a registry. */
export interface NodeTypes {
  /** The type of that name or alias. */
  find(name: string): NodeType | undefined;
  /** Every name and alias. */
  names(): readonly string[];
}

function typesOf(ports: Ports): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([port, { type }]) => [port, type]));
}

function describeType(type: NodeType): NodeTypeDescription {
  return {
    type: type.type,
    name: type.name,
    category: type.category,
    description: type.description,
    inputs: Object.keys(type.inputs),
    outputs: Object.keys(type.outputs),
    required_inputs: Object.keys(type.inputs).filter((port) => type.inputs[port]?.optional !== true),
    input_types: typesOf(type.inputs),
    output_types: typesOf(type.outputs),
    config_schema: z.toJSONSchema(type.config, { io: 'input', unrepresentable: 'any' }),
  };
}

function title(type: NodeType): string {
  return `${quoted(type.type)} (${type.name}, ${type.category})`;
}

/** Holds node types in the order of their registration. */
export class NodeRegistry implements NodeTypes {
  readonly #types: NodeType[] = [];
  readonly #descriptions = new Map<NodeType, NodeTypeDescription>();
  readonly #byName = new Map<string, NodeType>();

  constructor(types: Iterable<NodeType> = []) {
    for (const type of types) this.register(type);
  }

  /**
   * Adds a type under its name and its aliases, or not at all.
   * @throws TypeError if a name is empty or taken (both types are named), or the config cannot be shown as JSON Schema
   */
  register(type: NodeType): void {
    const names = [...new Set([type.type, ...(type.aliases ?? [])])];
    for (const name of names) {
      if (typeof name !== 'string' || name.trim() === '') {
        throw new TypeError(
          `a node type needs a name that is not empty, not ${received(name)}: set \`type\` and \`aliases\``,
        );
      }
      const taken = this.#byName.get(name);
      if (taken !== undefined) {
        throw new TypeError(
          `node type ${title(type)} cannot be registered: ${title(taken)} already goes by the name ${quoted(name)}. Rename one of them`,
        );
      }
    }
    let description: NodeTypeDescription;
    try {
      description = describeType(type);
    } catch (error) {
      throw new TypeError(
        `the config of node type ${title(type)} has no JSON Schema: make it of zod types that JSON can hold`,
        {
          cause: error,
        },
      );
    }
    for (const name of names) this.#byName.set(name, type);
    this.#types.push(type);
    this.#descriptions.set(type, description);
  }

  find(name: string): NodeType | undefined {
    return this.#byName.get(name);
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  all(): readonly NodeType[] {
    return [...this.#types];
  }

  /** What clients are told, one entry a type; with `category`, those of that category (none for an unknown one). */
  describe(category?: string): readonly NodeTypeDescription[] {
    const chosen = this.#types.filter((type) => category === undefined || type.category === category);
    return chosen.map((type) => this.#descriptions.get(type)!);
  }
}
