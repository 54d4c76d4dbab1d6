import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainingState } from '../../learn/index.js';
import { temporaryFolder } from '../fixtures/temporary-runtime.js';
import {
  CheckpointError,
  checkpointsIn,
  findCheckpoint,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.js';

const ABOUT = { job_id: 'job_0001', created_at: '2026-01-01T00:00:00.000Z', data_hash: 'd', request: { name: 'x' } };

function stateAt(epoch: number, step: number): TrainingState {
  return {
    graphHash: 'g',
    seed: 1,
    epoch,
    step,
    tensors: { w: { dtype: 'float32', shape: [3], data: Float32Array.of(1, -0.5, epoch) } },
    sums: { loss: 0.25, correct: 3, rows: 8 },
    history: [{ epoch: 1, train_loss: 0.1 }],
    patience: { waited: 0, value: Number.POSITIVE_INFINITY },
  };
}

describe('a checkpoint', () => {
  it('gives back what was written, and leaves nothing unfinished beside it', () => {
    const folder = temporaryFolder();
    const path = writeCheckpoint(folder, ABOUT, stateAt(1, 2));
    const { manifest, state } = readCheckpoint(path);
    expect(state).toEqual(stateAt(1, 2));
    expect(manifest).toMatchObject({ ...ABOUT, format: 1, epoch: 1, step: 2, graph_hash: 'g' });
    expect(readdirSync(folder)).toHaveLength(1);
    // The same place again, as after a resume.
    expect(writeCheckpoint(folder, ABOUT, stateAt(1, 2))).toBe(path);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('are listed the newest first, by epoch and then by step, and pruned from the oldest', () => {
    const folder = temporaryFolder();
    const places = [
      [0, 9],
      [10, 0],
      [2, 100],
      [2, 20],
    ] as const;
    for (const [epoch, step] of places) writeCheckpoint(folder, ABOUT, stateAt(epoch, step));
    mkdirSync(join(folder, '.epoch-000099-step-00000000.abc.tmp'));
    const order = () => checkpointsIn(folder).map((path) => readCheckpoint(path).state.epoch);
    expect(order()).toEqual([10, 2, 2, 0]);
    pruneCheckpoints(folder, 2);
    expect(order()).toEqual([10, 2]);
    expect(checkpointsIn(join(folder, 'gone'))).toEqual([]);
  });

  const DAMAGE: [string, (path: string) => void, RegExp][] = [
    [
      'is cut off',
      (path) => writeFileSync(join(path, 'state.bin'), readFileSync(join(path, 'state.bin')).subarray(0, -1)),
      /is not what its manifest says/,
    ],
    [
      'is altered',
      (path) => writeFileSync(join(path, 'state.bin'), Buffer.alloc(readFileSync(join(path, 'state.bin')).length)),
      /is not what its manifest says/,
    ],
    ['has no manifest', (path) => writeFileSync(join(path, 'manifest.json'), ''), /manifest.json cannot be read/],
    ['has half a manifest', (path) => writeFileSync(join(path, 'manifest.json'), '{"format": 1}'), /lacks job_id/],
    [
      'is of a later format',
      (path) =>
        writeFileSync(
          join(path, 'manifest.json'),
          readFileSync(join(path, 'manifest.json'), 'utf8').replace('"format": 1', '"format": 2'),
        ),
      /update ganglion/,
    ],
    [
      'names no state',
      (path) =>
        writeFileSync(
          join(path, 'manifest.json'),
          readFileSync(join(path, 'manifest.json'), 'utf8').replace('state.bin', 'other.bin'),
        ),
      /has no state.bin/,
    ],
  ];

  it.each(DAMAGE)('that %s is refused, and the one before it is taken', (_, damage, reason) => {
    const folder = join(temporaryFolder(), 'checkpoints');
    const older = writeCheckpoint(folder, ABOUT, stateAt(1, 0));
    const newer = writeCheckpoint(folder, ABOUT, stateAt(2, 0));
    damage(newer);
    expect(() => readCheckpoint(newer)).toThrow(CheckpointError);
    expect(() => findCheckpoint(newer)).toThrow(reason);
    const { checkpoint, skipped } = findCheckpoint(join(folder, '..'));
    expect(checkpoint.path).toBe(older);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toMatch(reason);
    damage(older);
    expect(() => findCheckpoint(folder)).toThrow('only damaged ones');
  });

  it('is not there in an empty folder', () => {
    expect(() => findCheckpoint(temporaryFolder())).toThrow('no checkpoint');
  });

  it('that cannot be written leaves nothing behind', () => {
    const folder = temporaryFolder();
    const bad = { ...stateAt(1, 0), tensors: { w: (() => 1) as never } };
    expect(() => writeCheckpoint(folder, ABOUT, bad)).toThrow(TypeError);
    expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
  });
});
