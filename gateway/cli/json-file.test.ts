import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT } from './exit-codes.js';
import { parseJsonText, readJsonFile, refuseOtherKind } from './json-file.js';
import { temporaryFolder } from './testing/temporary-folder.js';

describe('reading a JSON file', () => {
  it('gives its value, with or without a byte order mark', async () => {
    const file = join(temporaryFolder(), 'w.json');
    writeFileSync(file, '\ufeff{"nodes": []}');
    expect(await readJsonFile(file)).toEqual({ nodes: [] });
  });

  it('says what is wrong with a file that cannot be read', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'binary'), Uint8Array.of(0x7b, 0xff, 0xfe));
    writeFileSync(join(folder, 'blank'), ' \n');
    const cases = [
      ['absent', 'does not exist'],
      ['sub', 'is a folder'],
      ['blank/below', 'no folder'],
      ['binary', 'not text in UTF-8'],
      ['blank', 'is empty'],
    ] as const;
    for (const [name, reason] of cases) {
      await expect(readJsonFile(join(folder, name))).rejects.toMatchObject({
        exitCode: EXIT.usage,
        message: expect.stringContaining(reason),
      });
    }
  });

  it.each([
    ['{\n  "nodes": [,]\n}', 'line 2, column 13: expected a value, there is ","'],
    ['{"a": 1', 'line 1, column 8: expected "," or "}", the file ends there'],
    ["{'a': 1}", 'line 1, column 2: expected a key in double quotes'],
    ['{"名": 1,}', 'line 1, column 9'],
    ['[1]\r\n\r\nx', 'line 3, column 1: expected the end of the text, there is "x"'],
  ])('finds the fault in %j', (text, place) => expect(() => parseJsonText(text, 'w.json')).toThrow(place));

  it('finds a place for whatever is not JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const cut = json.slice(0, at % json.length);
        try {
          JSON.parse(cut);
        } catch {
          expect(() => parseJsonText(cut, 'w.json')).toThrow(/w\.json is (empty|not JSON: line \d+, column \d+)/);
        }
      }),
    );
  });

  it('refuses a bomb of brackets instead of running out of stack', () => {
    expect(() => parseJsonText('['.repeat(100_000), 'w.json')).toThrow('nested deeper than 256 levels');
  });

  it('tells a workflow from a request, and names the command for the other', () => {
    expect(() => refuseOtherKind({ training_config: {} }, 'workflow', 'j.json')).toThrow('ganglion train FILE');
    expect(() => refuseOtherKind({ nodes: [] }, 'request', 'w.json')).toThrow('ganglion run FILE');
    for (const value of [{ nodes: [], data_config: {} }, {}, [], null, 'text'])
      refuseOtherKind(value, 'workflow', 'w.json');
  });
});
