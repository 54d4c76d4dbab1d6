import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBuiltin } from '../../learn/index.js';
import { tensor } from '../../runtime/index.js';
import { temporaryFolder } from '../fixtures/temporary-runtime.js';
import { ArtefactStore, sha256 } from './artefact-store.js';
import { describeValue } from './describe.js';
import { unpack } from './pack.js';

const store = () => new ArtefactStore(join(temporaryFolder(), 'artefacts'));

describe('what clients see of a value', () => {
  it('is the value itself where it is small', () => {
    for (const value of [1, 'text', true, null, [1, 2], { auc: 0.9 }])
      expect(describeValue('x', value, store())).toEqual({ json: value });
    expect(describeValue('x', undefined, store())).toEqual({ json: null });
  });

  it('is a handle where it is large, with the whole value behind it', () => {
    const artefacts = store();
    const value = { list: Array.from({ length: 2000 }, (_, index) => index) };
    const { json, artefact } = describeValue('history', value, artefacts);
    const { $file } = json as { $file: { name: string; bytes: number; sha256: string } };
    expect($file).toMatchObject({ name: 'history.json' });
    expect(JSON.parse(Buffer.from(artefacts.get($file.sha256)).toString())).toEqual(value);
    expect(unpack(artefacts.get(artefact!))).toEqual(value);
  });

  it('is type and shape of a tensor, and its bytes behind the handle', () => {
    const artefacts = store();
    const value = tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4));
    const { json, artefact } = describeValue('x', value, artefacts);
    const { $tensor } = json as { $tensor: { id: string } };
    expect($tensor).toMatchObject({ dtype: 'float32', shape: [2, 2] });
    expect([...new Float32Array(Uint8Array.from(artefacts.get($tensor.id)).buffer)]).toEqual([1, 2, 3, 4]);
    expect(unpack(artefacts.get(artefact!))).toEqual(value);
  });

  it('is counts and names of a data set, never a row', () => {
    const { json } = describeValue('dataset', loadBuiltin('wdbc'), store());
    expect(json).toMatchObject({ kind: 'dataset', num_samples: 569, classes: [{ count: 212 }, { count: 357 }] });
    expect(JSON.stringify(json)).not.toContain('rowHashes');
  });

  it('can be read back as it was, whatever it is', () => {
    const artefacts = store();
    const values = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.double()),
      fc.record({ auc: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0.5) }),
    );
    fc.assert(
      fc.property(values, (value) => {
        const { json, artefact } = describeValue('x', value, artefacts);
        const stored = JSON.parse(JSON.stringify({ json })) as { json: unknown };
        expect(stored.json).toEqual(json);
        const back = artefact === undefined ? stored.json : unpack(artefacts.get(artefact));
        expect(back).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the store of artefacts', () => {
  it('names bytes by what they are, and refuses those that changed on the disk', () => {
    const folder = join(temporaryFolder(), 'artefacts');
    const artefacts = new ArtefactStore(folder);
    const bytes = Uint8Array.of(1, 2, 3);
    const id = artefacts.put(bytes);
    expect(id).toBe(sha256(bytes));
    expect(artefacts.put(bytes)).toBe(id);
    expect([...artefacts.get(id)]).toEqual([1, 2, 3]);
    writeFileSync(join(folder, id.slice(0, 2), id), 'other');
    expect(() => artefacts.get(id)).toThrow('damaged');
    expect(() => artefacts.get(sha256(Uint8Array.of(9)))).toThrow();
    artefacts.put(bytes);
    expect([...artefacts.get(id)]).toEqual([1, 2, 3]);
  });

  it('gives the same ids where nothing is kept', () => {
    const nowhere = new ArtefactStore(undefined);
    expect(nowhere.put(Uint8Array.of(1))).toBe(sha256(Uint8Array.of(1)));
    expect(() => nowhere.get(sha256(Uint8Array.of(1)))).toThrow('not kept');
  });
});
