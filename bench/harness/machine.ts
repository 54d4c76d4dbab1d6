/** On what the figures were measured: a figure without its machine says nothing. */
import os from 'node:os';
import { OTHER_LOAD } from './defaults.js';
import { installedVersion, PROJECT, readManifest } from './project.js';

/** Packages whose version moves the figures. */
const PACKAGES = ['onnxruntime-node', 'piscina', 'uWebSockets.js', 'libsql'] as const;

export interface Machine {
  /** Model of the processor, as the system names it. */
  readonly cpu: string;
  /** Logical cores that this process may use. */
  readonly cores: number;
  /** Bytes of memory that this process may use: the machine's, or the container's where that is less. */
  readonly memory: number;
  readonly os: string;
  readonly node: string;
  /** Versions by package; `null` for one that is not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
  /** ISO 8601, UTC: before the first round. */
  readonly date: string;
  /** Load average over 1, 5 and 15 minutes before the first round; `null` where the system has none (Windows). */
  readonly load: readonly number[] | null;
  /** Whether something else was running: the one-minute load was at least half a core. `null` when it cannot be told. */
  readonly otherLoad: boolean | null;
}

/** What is read from the system; given by a test, real otherwise. */
export interface MachineSource {
  cpus(): readonly { readonly model: string }[];
  availableParallelism(): number;
  totalmem(): number;
  /** Bytes that the container allows; 0, `undefined` or a number above the machine's memory means no limit. */
  constrainedMemory(): number | undefined;
  type(): string;
  release(): string;
  arch(): string;
  platform(): string;
  loadavg(): readonly number[];
  now(): Date;
}

export const systemSource: MachineSource = {
  cpus: os.cpus,
  availableParallelism: os.availableParallelism,
  totalmem: os.totalmem,
  constrainedMemory: () => process.constrainedMemory?.(),
  type: os.type,
  release: os.release,
  arch: os.arch,
  platform: os.platform,
  loadavg: os.loadavg,
  now: () => new Date(),
};

/** @param root the project's folder, from which packages are looked for */
export function describeMachine(root: string, source: MachineSource = systemSource): Machine {
  const load = source.platform() === 'win32' ? null : source.loadavg();
  return {
    cpu: source.cpus()[0]?.model.trim() || 'unknown',
    cores: source.availableParallelism(),
    memory: Math.min(source.totalmem(), source.constrainedMemory() || Number.POSITIVE_INFINITY),
    os: `${source.type()} ${source.release()} ${source.arch()}`,
    node: process.version,
    packages: {
      [PROJECT]: readManifest(`${root}/package.json`).version ?? null,
      ...Object.fromEntries(PACKAGES.map((name) => [name, installedVersion(name, root) ?? null])),
    },
    date: source.now().toISOString(),
    load,
    otherLoad: load && load[0]! >= OTHER_LOAD,
  };
}

/** The machine in two lines, for the head of the printed table. */
export function formatMachine(machine: Machine): string {
  const { cpu, cores, memory, os: system, node, packages, date, load, otherLoad } = machine;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version ?? 'absent'}`);
  const loads = load ? `load ${load.map((share) => share.toFixed(2)).join(' ')}` : 'load unknown';
  return [
    `${cpu}, ${cores} cores, ${(memory / 2 ** 30).toFixed(1)} GiB, ${system}, Node ${node.replace(/^v/, '')}`,
    `${versions.join(', ')}; ${date}; ${loads}${otherLoad ? ': OTHER LOAD WAS PRESENT' : ''}`,
  ].join('\n');
}
