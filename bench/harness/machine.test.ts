import { describe, expect, it } from 'vitest';
import { describeMachine, formatMachine, type MachineSource, systemSource } from './machine.js';
import { findProjectRoot } from './project.js';

const root = findProjectRoot(import.meta.dirname);

function source(changes: Partial<MachineSource> = {}): MachineSource {
  return {
    cpus: () => [{ model: ' Some Processor ' }],
    availableParallelism: () => 2,
    totalmem: () => 8 * 2 ** 30,
    constrainedMemory: () => undefined,
    type: () => 'Linux',
    release: () => '6.1',
    arch: () => 'x64',
    platform: () => 'linux',
    loadavg: () => [0.1, 0.2, 0.3],
    now: () => new Date('2025-01-02T03:04:05.678Z'),
    ...changes,
  };
}

describe('describeMachine', () => {
  it('says on what was measured, with which versions, and when', () => {
    const machine = describeMachine(root, source());
    expect(machine).toMatchObject({
      cpu: 'Some Processor',
      cores: 2,
      memory: 8 * 2 ** 30,
      os: 'Linux 6.1 x64',
      node: process.version,
      date: '2025-01-02T03:04:05.678Z',
      load: [0.1, 0.2, 0.3],
      otherLoad: false,
    });
    expect(machine.packages['ganglion']).toMatch(/^\d+\.\d+\.\d+/);
    expect(machine.packages['onnxruntime-node']).toMatch(/^1\./);
  });

  it.each([
    ['linux', 0.49, false],
    ['linux', 0.5, true],
    ['win32', 0, null],
  ])('on %s with a one-minute load of %d says otherLoad %s', (platform, load, otherLoad) => {
    const machine = describeMachine(root, source({ platform: () => platform, loadavg: () => [load, 0, 0] }));
    expect(machine.otherLoad).toBe(otherLoad);
  });

  it.each([
    ['no limit', undefined, 8],
    ['a limit of 0, which means none', 0, 8],
    ['a limit below the memory', 2 * 2 ** 30, 2],
    ['a limit above the memory', 2 ** 63, 8],
  ])('gives the memory with %s', (_, limit, gibibytes) => {
    expect(describeMachine(root, source({ constrainedMemory: () => limit })).memory).toBe(gibibytes * 2 ** 30);
  });

  it('describes the machine that it runs on', () => {
    const machine = describeMachine(root, systemSource);
    expect(machine.cores).toBeGreaterThanOrEqual(1);
    expect(machine.memory).toBeGreaterThan(2 ** 27);
    expect(Number.isNaN(Date.parse(machine.date))).toBe(false);
  });
});

describe('formatMachine', () => {
  it('warns of other load', () => {
    const quiet = describeMachine(root, source());
    expect(formatMachine(quiet)).not.toContain('OTHER LOAD');
    expect(formatMachine({ ...quiet, otherLoad: true })).toContain('OTHER LOAD');
    expect(formatMachine(quiet)).toContain('Some Processor, 2 cores, 8.0 GiB, Linux 6.1 x64, Node');
  });
});
