/** Node types of the package and of the user's own modules. The list of modules comes from the configuration, never from a message. */

import type { NodeType } from './node-type.js';
import { BUILTIN_NODES } from './nodes/index.js';
import { NodeRegistry } from './registry.js';

const registries = new Map<string, Promise<NodeRegistry>>();

/** The registry of a list of modules; the same list gives the same registry on every thread. @throws Error naming the module */
export function registryOf(modules: readonly string[]): Promise<NodeRegistry> {
  const key = JSON.stringify(modules);
  let registry = registries.get(key);
  if (!registry) {
    registry = load(modules);
    registries.set(key, registry);
  }
  return registry;
}

async function load(modules: readonly string[]): Promise<NodeRegistry> {
  const registry = new NodeRegistry(BUILTIN_NODES);
  for (const module of modules) for (const type of await typesOf(module)) registry.register(type);
  return registry;
}

async function typesOf(module: string): Promise<readonly NodeType[]> {
  let loaded: { default?: unknown };
  try {
    loaded = (await import(module)) as { default?: unknown };
  } catch (error) {
    throw new Error(`the node module ${module} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
  const types = [loaded.default].flat();
  if (types.length === 0 || !types.every(isNodeType)) {
    throw new Error(
      `the node module ${module} has no node type as its default export: give \`export default defineNode({...})\`, or a list of them`,
    );
  }
  return types as NodeType[];
}

function isNodeType(value: unknown): value is NodeType {
  const type = value as Partial<NodeType> | undefined;
  return (
    typeof type?.type === 'string' &&
    typeof type.run === 'function' &&
    typeof type.inputs === 'object' &&
    typeof type.outputs === 'object' &&
    type.config !== undefined
  );
}
