#!/usr/bin/env node
// Installs competitors, into this folder only (node_modules/ and .venv/, both ignored by git), for the rows of the
// benchmark that compare. Nothing calls it: not npm install, not the tests, not the benchmark. It says sizes first and
// changes nothing without --yes.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const folder = import.meta.dirname;
const python = join(folder, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/**
 * The peers. `megabytes`: on disk with all dependencies, measured on linux x64. `instead`: a smaller way to a similar peer.
 * @type {Record<string, {kind: 'npm' | 'python', package: string, version: string, megabytes: number, about: string, instead?: string}>}
 */
const PEERS = {
  xstate: { kind: 'npm', package: 'xstate', version: '5.33.3', megabytes: 3, about: 'actors in one thread' },
  tfjs: {
    kind: 'npm',
    package: '@tensorflow/tfjs',
    version: '4.22.0',
    megabytes: 294,
    about: 'training in JavaScript',
  },
  'scikit-learn': {
    kind: 'python',
    package: 'scikit-learn',
    version: '1.9.1',
    megabytes: 283,
    about: 'training and metrics on tables, with NumPy and SciPy',
  },
  torch: {
    kind: 'python',
    package: 'torch',
    version: '2.15.0',
    megabytes: 5400,
    about: 'training steps; most of it are the CUDA libraries that its wheel for linux asks for',
    instead:
      "Debian's package (apt install python3-torch, an older version) with GANGLION_BENCH_PYTHON=/usr/bin/python3",
  },
};

const USAGE = `usage: node bench/peers/install.mjs --list
       node bench/peers/install.mjs NAME...         says what it would install, and how large it is
       node bench/peers/install.mjs NAME... --yes   installs it

A Python elsewhere that already has the packages: GANGLION_BENCH_PYTHON=/path/to/python npm run bench -- SUITE`;

function isInstalled({ kind, package: name }) {
  if (kind === 'npm') return existsSync(join(folder, 'node_modules', name, 'package.json'));
  if (!existsSync(python)) return false;
  return spawnSync(python, ['-m', 'pip', 'show', '--quiet', name], { stdio: 'ignore' }).status === 0;
}

function describe(name) {
  const { kind, package: packageName, version, megabytes, about } = PEERS[name];
  return `${name}: ${kind} ${packageName} ${version} (${about}); ${megabytes} MB`;
}

/** The commands that install the peers: [program, ...arguments] each. */
function commands(names) {
  const specifications = (kind, separator, among) =>
    among
      .filter((name) => PEERS[name].kind === kind)
      .map((name) => `${PEERS[name].package}${separator}${PEERS[name].version}`);
  const list = [];
  if (names.some((name) => PEERS[name].kind === 'npm')) {
    // npm removes what a call does not name: name those that are there as well.
    const present = Object.keys(PEERS).filter((name) => names.includes(name) || isInstalled(PEERS[name]));
    const flags = ['--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    list.push(['npm', 'install', ...flags, ...specifications('npm', '@', present)]);
  }
  const wheels = specifications('python', '==', names);
  if (wheels.length > 0) {
    if (!existsSync(python)) list.push([process.env.PYTHON ?? 'python3', '-m', 'venv', join(folder, '.venv')]);
    list.push([python, '-m', 'pip', 'install', '--only-binary', ':all:', ...wheels]);
  }
  return list;
}

function main() {
  const options = { list: { type: 'boolean' }, yes: { type: 'boolean' }, help: { type: 'boolean' } };
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.list) {
    for (const name of Object.keys(PEERS)) {
      console.log(`${describe(name)}${isInstalled(PEERS[name]) ? '; installed' : ''}`);
    }
    return 0;
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(PEERS, name));
  if (unknown.length > 0 || positionals.length === 0) {
    const complaint = unknown.length > 0 ? `no such peer: ${unknown.join(', ')}` : 'which peer?';
    console.error(`${complaint}; known: ${Object.keys(PEERS).join(', ')}\n${USAGE}`);
    return 2;
  }
  for (const name of positionals) {
    console.log(describe(name));
    if (PEERS[name].instead) console.log(`  instead of ${name}: ${PEERS[name].instead}`);
  }
  const steps = commands(positionals);
  for (const step of steps) console.log(`${values.yes ? 'running' : 'would run'}: ${step.join(' ')}`);
  if (!values.yes) {
    console.log('nothing was changed: add --yes to install');
    return 0;
  }
  for (const [program, ...args] of steps) {
    const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
    if (status !== 0) {
      console.error(`${program} failed${error ? `: ${error.message}` : ` with code ${status}`}`);
      return 1;
    }
  }
  return 0;
}

process.exitCode = main();
