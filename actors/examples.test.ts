import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DECOMPOSITIONS } from '../learn/autodiff/decompositions/index.js';
import { DERIVATIVES, LOSS_NAMES, OPTIMIZERS } from '../learn/index.js';
import { loadModel } from '../learn/onnx/index.js';
import { random, STREAMS } from '../learn/random.js';
import { SCHEDULES } from '../learn/schedules/rows.js';
import { dataConfigFields } from './contract/data-config.js';
import { modelConfigFields } from './contract/model-config.js';
import { OPTIMIZER_WORDS } from './contract/optimizer-words.js';
import { SCHEDULER_WORDS } from './contract/scheduler-words.js';
import { trainingConfigFields } from './contract/training-config.js';

// The examples and the README's snippets, as a newcomer starts them: other processes, the bundle, the public names.
const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist', 'cli.js');
const example = (name: string): string => join(root, 'examples', name);
const readme = (): string => readFileSync(join(root, 'README.md'), 'utf8');
const heartFile = join(root, '..', 'shared', 'data', 'heart_cleveland', 'processed.cleveland.data');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function node(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ganglion-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function train(file: string, ...options: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await node(program, 'train', file, '--json', '--data-dir', folder, ...options);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const testAuc = (status: Record<string, unknown>): number =>
  (status['metrics'] as { test_auc: { value: number } }).test_auc.value;

describe('the workflow files', () => {
  it.each([
    ['wdbc.json', []],
    ['custom-node.json', ['--nodes', example('custom-node.mjs')]],
  ])('%s is valid', async (file, options) => {
    const { code, stdout } = await node(program, 'validate', example(file), '--json', ...options);
    expect({ code, answer: JSON.parse(stdout) }).toEqual({ code: 0, answer: { valid: true, errors: [] } });
  });

  it('custom-node.json runs with the node type of custom-node.mjs, and is refused without it', async () => {
    const command = ['run', example('custom-node.json'), '--json', '--data-dir', folder];
    const { code, stdout } = await node(program, ...command, '--nodes', example('custom-node.mjs'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'success',
      outputs: { check: { report: { rows: { malignant: 212, benign: 357 } } } },
    });
    const refused = await node(program, ...command);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('"cohort_check"');
  });
});

describe('the node type of custom-node.mjs', () => {
  it('stops a cohort with too few rows of a class, and what hangs on it', async () => {
    const workflow = JSON.parse(readFileSync(example('custom-node.json'), 'utf8')) as {
      nodes: { id: string; data: { config: Record<string, unknown> } }[];
    };
    workflow.nodes.find(({ id }) => id === 'check')!.data.config['least_rows'] = 300;
    const file = join(folder, 'strict.json');
    writeFileSync(file, JSON.stringify(workflow));
    const options = ['--nodes', example('custom-node.mjs'), '--data-dir', folder, '--json'];
    const { code, stdout } = await node(program, 'run', file, ...options);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'error',
      executions: {
        check: { status: 'failed', error: 'fewer than 300 rows: malignant' },
        split: { status: 'skipped' },
      },
    });
  });
});

describe('the requests of training jobs', () => {
  it('train-wdbc.json separates the classes on patients it has not seen', async () => {
    const status = await train(example('train-wdbc.json'));
    expect(status).toMatchObject({ status: 'completed', total_epochs: 80 });
    expect(status['current_epoch']).toBeLessThan(80);
    expect(testAuc(status)).toBeGreaterThan(0.97);
    expect(existsSync(String(status['model_path']))).toBe(true);
  });

  it('heart.json reads a table with missing values that heart-csv.mjs made', async () => {
    const raw = join(folder, 'processed.cleveland.data');
    writeFileSync(raw, madeUpPatients(120));
    const csv = await node(example('heart-csv.mjs'), raw);
    expect(csv.stdout.split('\n')[0]).toMatch(/^age,sex,.*,thal,disease$/);
    expect(csv.stdout).toContain('?');
    writeFileSync(join(folder, 'heart.csv'), csv.stdout);
    const status = await train(example('heart.json'), '--data-root', folder);
    expect(status['metrics']).toMatchObject({ confusion_matrix: { labels: ['absent', 'present'] } });
    // The made-up disease follows from the age.
    expect(testAuc(status)).toBeGreaterThan(0.8);
  });

  it.skipIf(!existsSync(heartFile))(
    `heart.json finds the disease in the real patients${existsSync(heartFile) ? '' : ` (skipped: ${heartFile} is missing)`}`,
    async () => {
      writeFileSync(join(folder, 'heart.csv'), (await node(example('heart-csv.mjs'), heartFile)).stdout);
      expect(testAuc(await train(example('heart.json'), '--data-root', folder))).toBeGreaterThan(0.85);
    },
  );
});

describe('embed.mjs', () => {
  it('shows every node and the result', async () => {
    const { code, stdout, stderr } = await node(example('embed.mjs'), folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+ train completed$/m);
    expect(stdout).toMatch(/^\d+ epoch 1 validation loss \d\.\d{4}$/m);
    expect(stdout).toMatch(/^success: AUC 0\.9\d\d \[/m);
    const model = /^model: (.*)$/m.exec(stdout)?.[1];
    expect(existsSync(model!)).toBe(true);
  });
});

describe('training-graph.mjs', () => {
  it('trains without a runtime, and leaves a file whose gradients can be asked for', async () => {
    const file = join(folder, 'attention.onnx');
    const { code, stdout, stderr } = await node(example('training-graph.mjs'), file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^epoch \d {2}loss 0\.\d{4}/gm)).toHaveLength(8);
    expect(stdout).toMatch(/^test, averaged weights: AUC (0\.9\d|1\.0)/m);
    const { graph } = await loadModel(file);
    expect(graph!.input.map(({ name }) => name)).toEqual(['x']);

    // The request of the README fine-tunes its head.
    const [, request] = /```json\n([\s\S]*?"attention\.onnx"[\s\S]*?)```/.exec(readme()) ?? [];
    writeFileSync(join(folder, 'fine-tune.json'), request!);
    const status = await train(join(folder, 'fine-tune.json'), '--data-root', folder);
    expect(testAuc(status)).toBeGreaterThan(0.97);
    const tuned = await loadModel(String(status['network_path']));
    const changed = tuned.graph!.initializer.filter(({ rawData }, index) => {
      return !Buffer.from(rawData!).equals(graph!.initializer[index]!.rawData!);
    });
    expect(changed.map(({ name }) => name)).toEqual(['head.weight', 'head.bias']);
  });
});

describe('input-gradients.mjs', () => {
  it('tells what moves the answer of the file that a job leaves', async () => {
    const { model_path } = await train(example('train-wdbc.json'));
    const { code, stdout, stderr } = await node(example('input-gradients.mjs'), String(model_path));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^569 rows\. .* "malignant"/);
    // Large and rough cells are the malignant ones.
    expect(stdout).toMatch(/^ {2}worst_\w+ +\+0\.\d{3}$/m);
    expect(stdout.match(/^ {2}\w+ +[+-]\d\.\d{3}$/gm)).toHaveLength(8);
  });
});

describe('wdbc-splits.mjs', () => {
  it('tells what the README says of the 15 splits', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await node(example('wdbc-splits.mjs'), folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/test AUC/g)).toHaveLength(15);
    expect(stdout).toMatch(/^mean 0\.99\d+, lowest 0\.9[78]\d+/m);
  });
});

describe('against a server', () => {
  let url: string;
  let stop: () => Promise<number | null>;
  let data: string;

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'ganglion-examples-server-'));
    const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--data-dir', data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    url = await new Promise<string>((resolve, reject) => {
      let output = '';
      const look = (text: string): void => {
        output += text;
        const found = /listening on (\S+)/.exec(output);
        if (found) resolve(found[1]!);
      };
      child.stdout.setEncoding('utf8').on('data', look);
      child.stderr.setEncoding('utf8').on('data', look);
      void ended.then(() => reject(new Error(`the server did not start: ${output}`)));
    });
  });
  afterAll(async () => {
    expect(await stop()).toBe(0);
    rmSync(data, { recursive: true, force: true });
  });

  it('watch.mjs starts a job and shows it to its end', async () => {
    const { code, stdout, stderr } = await node(example('watch.mjs'), url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^watching job_\d{4}$/m);
    expect(stdout).toMatch(/epoch 1: validation loss \d\.\d{4}, AUC/);
    expect(stdout).toMatch(/completed: \{"value":0\.9/);
  });

  it('watch.mjs says that a job is unknown', async () => {
    const { code, stderr } = await node(example('watch.mjs'), url, 'job_9999');
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 1, stderr: 'Job not found' });
  });

  it("the README's console snippet for workflows prints the run and its AUC", async () => {
    const lines = await inConsole(url, snippet('run'), 'run');
    expect(lines.some((line) => line.startsWith('node_progress train completed'))).toBe(true);
    expect(lines.at(-1)).toMatch(/^AUC 0\.9/);
  });

  it("the README's console snippet for training prints epochs, and its commands work", async () => {
    const lines: string[] = await inConsole(url, snippet('job'), 'job', (line, socket) => {
      if (/^epoch_completed 3 /.test(line)) socket.send('{"command":"stop"}');
      if (line.startsWith('training_completed')) socket.close();
    });
    expect(lines).toContainEqual(expect.stringMatching(/^epoch_completed 1 0\.\d+/));
    expect(lines).toContain('training_completed stopped');
  });
});

describe('the README', () => {
  it('names every example', () => {
    for (const file of readdirSync(join(root, 'examples'))) expect(readme()).toContain(`examples/${file}`);
  });

  it('lists every loss, optimiser, schedule and operator that there is, and how many operators', () => {
    const named = (words: readonly string[]) => words.filter((word) => !tableCells().includes(`\`${word}\``));
    const [standard, own] = [Object.keys(DECOMPOSITIONS['']!), Object.keys(DECOMPOSITIONS['com.microsoft']!)];
    const derivatives = Object.keys(DERIVATIVES);
    expect(named([...LOSS_NAMES, ...OPTIMIZERS, ...Object.keys(SCHEDULES)])).toEqual([]);
    expect(named([...derivatives, ...standard, ...own])).toEqual([]);
    const counts = /(\d+) of ONNX's operators have a derivative, (\d+) more .* so are (\d+) of ONNX Runtime's own/s;
    expect(counts.exec(readme())?.slice(1).map(Number)).toEqual([derivatives.length, standard.length, own.length]);
  });

  it('lists every word of a training job that is available, and every optimiser, schedule and loss of it', () => {
    const fields = { ...dataConfigFields, ...modelConfigFields, ...trainingConfigFields };
    const words = Object.entries(fields).flatMap(([word, { description }]) => {
      return description?.startsWith('Not available') ? [] : [`\`${word}\``];
    });
    const choices = [...OPTIMIZER_WORDS, ...SCHEDULER_WORDS].map((word) => `\`"${word}"\``);
    expect([...words, ...choices].filter((word) => !tableCells().includes(word))).toEqual([]);
  });

  it('shows gradients of a network and a training without a runtime, as they run', async () => {
    const run = async (name: string) => {
      const code = snippetWith(`${name}(`)
        .replaceAll("'network.onnx'", JSON.stringify(join(folder, 'network.onnx')))
        .replaceAll("'trained.onnx'", JSON.stringify(join(folder, 'trained.onnx')));
      const ended = await node('--input-type=module', '--eval', code);
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
      return ended.stdout;
    };
    expect(await run('differentiate')).toMatch(/Float32Array\(4\).*\[ 32, 4 \]/s);
    const losses = [...(await run('trainingGraph')).matchAll(/loss (\d\.\d{3})/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(4);
    expect(losses.at(-1)).toBeLessThan(0.2);
    expect(await run('await cpuLayoutOf')).toMatch(/^(\{ blockSize: (8|16) \} [1-9]\d+|undefined 0)\n$/);
    const [before, after] = await Promise.all(
      ['network.onnx', 'trained.onnx'].map((name) => loadModel(join(folder, name))),
    );
    expect(after!.graph!.node).toEqual(before!.graph!.node);
    expect(after!.graph!.initializer[0]!.rawData).not.toEqual(before!.graph!.initializer[0]!.rawData);
  });

  it('lists every node type with its ports', async () => {
    const { stdout } = await node(program, 'nodes', '--json');
    const { nodes } = JSON.parse(stdout) as { nodes: { type: string; inputs: string[]; outputs: string[] }[] };
    for (const { type, inputs, outputs } of nodes) {
      const row = readme()
        .split('\n')
        .find((line) => line.startsWith(`| \`${type}\``));
      for (const port of [...inputs, ...outputs]) expect(row, type).toContain(`\`${port}\``);
    }
  });
});

/** The lines of the README's tables. */
function tableCells(): string {
  return readme()
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n');
}

/** The block of the README that makes the socket of that name. */
function snippet(socket: string): string {
  return snippetWith(`const ${socket} = new WebSocket(`);
}

/** The first block of the README with that text. */
function snippetWith(text: string): string {
  const blocks = [...readme().matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);
  const found = blocks.find((code) => code.includes(text));
  if (found === undefined) throw new Error(`README.md has no snippet with "${text}"`);
  return found;
}

/** Runs a snippet as the console of the server's page would, until its socket closes; gives the printed lines. */
async function inConsole(
  url: string,
  code: string,
  name: string,
  onLine: (line: string, socket: WebSocket) => void = () => undefined,
): Promise<string[]> {
  const lines: string[] = [];
  let opened: WebSocket | undefined;
  const log = (...words: unknown[]): void => {
    // As consoles do: words with a space between them, empty ones at the end not seen.
    const line = words.map(String).join(' ').trimEnd();
    lines.push(line);
    if (opened) onLine(line, opened);
  };
  const fromPage = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, url), init);
  const AsyncFunction = (async () => undefined).constructor as new (
    ...names: string[]
  ) => (...values: unknown[]) => Promise<WebSocket>;
  const run = new AsyncFunction('WebSocket', 'location', 'fetch', 'console', `${code}\nreturn ${name};`);
  const socket = await run(WebSocket, new URL(url), fromPage, { log });
  opened = socket;
  await new Promise((resolve) => socket.on('close', resolve));
  return lines;
}

/** Patients in the form of the heart file: 13 columns and the degree, here and there a `?`. */
function madeUpPatients(count: number): string {
  const draws = random(1, STREAMS.user);
  const rows = Array.from({ length: count }, (_, row) => {
    const age = 30 + draws.below(50);
    const cells = [age, draws.below(2), 1 + draws.below(4), 100 + draws.below(80), 150 + draws.below(200)];
    const more = [draws.below(2), draws.below(3), 90 + draws.below(100), draws.below(2), draws.below(50) / 10];
    const ca = row % 20 === 3 ? '?' : `${draws.below(4)}.0`;
    const thal = row % 40 === 7 ? '?' : `${[3, 6, 7][draws.below(3)]}.0`;
    const degree = age > 55 ? 1 + draws.below(4) : 0;
    return [...cells, ...more, 1 + draws.below(3), ca, thal, degree].join(',');
  });
  return `${rows.join('\n')}\n`;
}
