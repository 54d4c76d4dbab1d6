import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventFile } from './event-file.js';
import { EXIT } from './exit-codes.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const event = (seq: number, text = '') => ({ type: 'x', seq, ts: '2026-01-01T00:00:00.000Z', text });

describe('a file of events', () => {
  it('appends a line an event, and keeps what was there', async () => {
    const path = join(temporaryFolder(), 'events.jsonl');
    writeFileSync(path, '{"earlier":true}\n');
    const file = await EventFile.open(path);
    await file.append(event(1, 'a\nb'));
    await file.append(event(2));
    await file.close();
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([{ earlier: true }, event(1, 'a\nb'), event(2)]);
    expect(file.failure).toBeUndefined();
  });

  it('has everything in the file when it is closed, however much that is', async () => {
    const path = join(temporaryFolder(), 'events.jsonl');
    const file = await EventFile.open(path);
    for (let seq = 1; seq <= 500; seq++) await file.append(event(seq, 'x'.repeat(1000)));
    await file.close();
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(501);
  });

  it('refuses a place that cannot be written to before anything begins', async () => {
    await expect(EventFile.open(join(temporaryFolder(), 'absent', 'events.jsonl'))).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('cannot be written to (ENOENT)'),
    });
  });

  it.runIf(process.platform === 'linux')('remembers a full disk, and goes on', async () => {
    const file = await EventFile.open('/dev/full');
    for (let seq = 1; seq <= 50; seq++) await file.append(event(seq, 'x'.repeat(1000)));
    await file.close();
    expect(file.failure).toMatchObject({ code: 'ENOSPC' });
  });
});
