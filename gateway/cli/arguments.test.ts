import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  dataDirOf,
  dataRootsOf,
  nodeModulesOf,
  parseHostName,
  parseOrigin,
  parsePort,
  parseThreads,
  runtimeOptionsOf,
} from './arguments.js';
import { temporaryFolder } from './testing/temporary-folder.js';

describe('values of options', () => {
  it.each(['0', '80', '65535'])('takes the port %s', (text) => expect(parsePort(text)).toBe(Number(text)));

  it.each(['65536', '-1', '80.5', '', 'http', '1e3', '0x50', ' 80'])('refuses the port %j', (text) => {
    expect(() => parsePort(text)).toThrow('A port is a whole number from 0 to 65535');
  });

  it.each(['0', '1025', '2.5', 'all'])('refuses %s threads', (text) => {
    expect(() => parseThreads(text)).toThrow('whole number from 1');
  });

  it.each(['gateway.example.org', 'host-1', '[::1]'])('takes the host name %s', (text) => {
    expect(parseHostName(text)).toBe(text);
  });

  it.each(['http://host', 'host:80', 'a b', ''])('refuses the host name %j', (text) => {
    expect(() => parseHostName(text)).toThrow('host name');
  });

  it('takes an origin, and refuses what is none', () => {
    expect(parseOrigin('http://localhost:3000')).toBe('http://localhost:3000');
    for (const text of ['*', 'localhost', 'http://localhost:3000/app'])
      expect(() => parseOrigin(text)).toThrow('without a path');
  });
});

describe('paths of options', () => {
  it('puts the data directory into the working directory, as an absolute path', () => {
    expect(dataDirOf({}, '/here')).toBe('/here/.ganglion');
    expect(dataDirOf({ dataDir: 'x/y' }, '/here')).toBe('/here/x/y');
    expect(dataDirOf({ dataDir: '/var/lib/g' }, '/here')).toBe('/var/lib/g');
  });

  it('refuses a data root that is not a folder, before anything begins', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'file'), '');
    expect(dataRootsOf({ dataRoot: ['data'] }, folder)).toEqual([join(folder, 'data')]);
    expect(() => dataRootsOf({ dataRoot: ['file'] }, folder)).toThrow(`${join(folder, 'file')} is not a folder`);
    expect(() => dataRootsOf({ dataRoot: ['absent'] }, folder)).toThrow('--data-root');
  });

  it('makes URLs of node modules, and refuses a file that is not there', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.mjs'), '');
    expect(nodeModulesOf({ nodes: ['mine.mjs', 'file:///x.mjs'] }, folder)).toEqual([
      pathToFileURL(join(folder, 'mine.mjs')).href,
      'file:///x.mjs',
    ]);
    expect(() => nodeModulesOf({ nodes: ['absent.mjs'] }, folder)).toThrow('absent.mjs does not exist');
  });

  it('leaves out what was not given, so that the defaults of the runtime hold', () => {
    const onWarning = (): void => undefined;
    expect(runtimeOptionsOf({}, '/here', onWarning)).toEqual({ dataDir: '/here/.ganglion', onWarning });
    expect(runtimeOptionsOf({ threads: 3 }, '/here', onWarning)).toMatchObject({ threads: 3 });
  });
});
