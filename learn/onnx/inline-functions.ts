/** Puts the bodies of functions that a model defines itself, as PyTorch's exporter writes them, in the place of their calls. */
import { isStandard } from './builder.js';
import { OnnxError } from './error.js';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  ValueInfoProto,
} from './messages.js';
import { Names } from './names.js';
import { nestedGraphs } from './nested-graphs.js';
import { mapGraphs, namesOf, renameNode } from './renaming.js';
import { CHANGES } from './upgrade.js';

/**
 * The same model without functions. The values inside a body are called `<node>/<name>`; the model's own names stay.
 *
 * @throws OnnxError when a function calls itself, is given more inputs or outputs than it has, or is written for another
 *   version of an operator than the model
 */
export function inlineFunctions(model: ModelProto): ModelProto {
  const { graph, functions } = model;
  if (!graph || !functions?.length) return model;
  const { functions: _, ...rest } = model;
  const inliner = new Inliner(model.opsetImport, functions);
  const inlined = inliner.inline(graph);
  return { ...rest, graph: inlined, opsetImport: inliner.opsetsOf(inlined) };
}

type Key = string;

function domainOf(domain: string | undefined): string {
  return isStandard(domain) ? '' : domain!;
}

/** What a call and a function have in common. */
function keyOf(domain: string | undefined, name: string | undefined, overload: string | undefined): Key {
  return [domainOf(domain), name ?? '', overload ?? ''].join(' ');
}

class Inliner {
  readonly #functions = new Map<Key, FunctionProto>();
  readonly #opsets = new Map<string, number>();
  readonly #names = new Names();
  /** What the bodies say of the types of their values. */
  readonly #valueInfo: ValueInfoProto[] = [];

  constructor(opsets: readonly OperatorSetIdProto[], functions: readonly FunctionProto[]) {
    for (const { domain, version } of opsets) this.#opsets.set(domainOf(domain), version ?? 1);
    for (const entry of functions) {
      this.#functions.set(keyOf(entry.domain, entry.name, entry.overload), entry);
    }
  }

  inline(graph: GraphProto): GraphProto {
    for (const name of namesOf(graph)) this.#names.reserve(name);
    const result = this.#graph(graph, []);
    return this.#valueInfo.length === 0
      ? result
      : { ...result, valueInfo: [...(result.valueInfo ?? []), ...this.#valueInfo] };
  }

  /** The operator sets that are still needed: those of domains that only had functions are not. */
  opsetsOf(graph: GraphProto): OperatorSetIdProto[] {
    const used = new Set(domainsOf(graph));
    return [...this.#opsets]
      .filter(([domain]) => domain === '' || used.has(domain))
      .map(([domain, version]) => ({ domain, version }));
  }

  #graph(graph: GraphProto, callers: readonly Key[]): GraphProto {
    return { ...graph, node: graph.node.flatMap((node) => this.#node(node, callers)) };
  }

  #node(node: NodeProto, callers: readonly Key[]): NodeProto[] {
    const key = keyOf(node.domain, node.opType, node.overload);
    const called = this.#functions.get(key);
    if (!called) {
      const attribute = node.attribute.map((entry) => mapGraphs(entry, (graph) => this.#graph(graph, callers)));
      return [{ ...node, attribute }];
    }
    if (callers.includes(key)) throw new OnnxError(`${whereOf(node)}: the function calls itself, which ONNX forbids`);
    return this.#body(node, called).flatMap((inner) => this.#node(inner, [...callers, key]));
  }

  /** The nodes of the function's body, with the values and attributes of the call. */
  #body(call: NodeProto, { input, output, node, ...called }: FunctionProto): NodeProto[] {
    const where = whereOf(call);
    if (call.input.length > input.length || call.output.length > output.length) {
      throw new OnnxError(
        `${where}: the function has ${input.length} inputs and ${output.length} outputs, the call ${call.input.length} and ${call.output.length}`,
      );
    }
    this.#require(called.opsetImport ?? [], node, where);
    const prefix = call.name || call.output.find((name) => name !== '') || called.name || 'function';
    const names = new Map(input.map((name, index) => [name, call.input[index] ?? '']));
    const copies: NodeProto[] = [];
    for (const [index, formal] of output.entries()) {
      const actual = call.output[index] ?? '';
      const known = names.get(formal);
      if (known === undefined) names.set(formal, actual || this.#fresh(`${prefix}/${formal}`));
      // An input that is given out as it is, or a value that is given out twice.
      else if (actual !== '')
        copies.push({ opType: 'Identity', name: actual, input: [known], output: [actual], attribute: [] });
    }
    const rename = (name: string): string => {
      const known = names.get(name) ?? this.#fresh(`${prefix}/${name}`);
      names.set(name, known);
      return known;
    };
    const attributes = attributesOf(call, called);
    const body = node.map((inner) => {
      const own = inner.attribute.flatMap((entry) => resolve(entry, attributes));
      const renamed = renameNode({ ...inner, attribute: own }, rename);
      const name = `${prefix}/${inner.name || inner.output[0] || inner.opType}`;
      return { ...renamed, name };
    });
    for (const info of called.valueInfo ?? []) {
      const actual = names.get(info.name ?? '');
      if (actual && !call.output.includes(actual) && !call.input.includes(actual))
        this.#valueInfo.push({ ...info, name: actual });
    }
    return [...body, ...copies];
  }

  #fresh(name: string): string {
    const free = this.#names.unused(name);
    this.#names.claim(free);
    return free;
  }

  /** The body joins the model's graph, so both must mean the same by the operators it uses. */
  #require(opsets: readonly OperatorSetIdProto[], nodes: readonly NodeProto[], where: string): void {
    for (const { domain, version = 1 } of opsets) {
      const key = domainOf(domain);
      const present = this.#opsets.get(key);
      if (present === undefined) this.#opsets.set(key, version);
      if (present === undefined || present === version) continue;
      const [low, high] = [Math.min(present, version), Math.max(present, version)];
      const differs = (type: string): boolean =>
        key !== '' ||
        (Object.hasOwn(CHANGES, type) && CHANGES[type]!.some(({ since }) => low < since && since <= high));
      const changed = operatorsOf(nodes, key).find(differs);
      if (changed === undefined) continue;
      throw new OnnxError(
        `${where}: its function is written for version ${version} of the operators of "${key || 'ai.onnx'}", the model for ${present},` +
          ` and ${changed} is not the same in both; export the model again with one operator set`,
      );
    }
  }
}

function whereOf({ name, output, opType }: NodeProto): string {
  return `node "${name || output[0]}" (${opType})`;
}

/** What the body may refer to: the call's attributes, and the function's defaults for those it does not give. */
function attributesOf(call: NodeProto, called: Pick<FunctionProto, 'attributeProto'>): Map<string, AttributeProto> {
  const all = [...(called.attributeProto ?? []), ...call.attribute];
  return new Map(all.map((entry) => [entry.name ?? '', entry]));
}

/** An attribute of a node in a body. A reference to one that neither the call nor a default gives is left out. */
function resolve(entry: AttributeProto, given: ReadonlyMap<string, AttributeProto>): AttributeProto[] {
  if (!entry.refAttrName) {
    const inside = (graph: GraphProto): GraphProto => ({
      ...graph,
      node: graph.node.map((node) => ({
        ...node,
        attribute: node.attribute.flatMap((inner) => resolve(inner, given)),
      })),
    });
    return [mapGraphs(entry, inside)];
  }
  const actual = given.get(entry.refAttrName);
  return actual ? [{ ...actual, ...(entry.name !== undefined && { name: entry.name }) }] : [];
}

/** The operators of one domain that nodes use, at any depth. */
function operatorsOf(nodes: readonly NodeProto[], domain: string): string[] {
  return nodes.flatMap((node) => [
    ...(domainOf(node.domain) === domain ? [node.opType ?? ''] : []),
    ...nestedGraphs(node).flatMap((graph) => operatorsOf(graph.node, domain)),
  ]);
}

function domainsOf(graph: GraphProto): string[] {
  return graph.node.flatMap((node) => [domainOf(node.domain), ...nestedGraphs(node).flatMap(domainsOf)]);
}
