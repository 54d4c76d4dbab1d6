/** `ganglion serve`: the HTTP and WebSocket gateway, until a signal ends it in good order. */
import { type RuntimeFlags, runtimeOptionsOf } from '../arguments.js';
import { paintFor } from '../colour.js';
import { EXIT } from '../exit-codes.js';
import { oneLine } from '../failure.js';
import { Interruption } from '../interruption.js';
import type { Surroundings } from '../surroundings.js';

export interface ServeFlags extends RuntimeFlags {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly corsOrigin?: readonly string[];
}

/** @returns the exit code: 0 after a signal, because that is how a server ends */
export async function serveGateway(flags: ServeFlags, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, environment, workingDirectory, engine, signals, version, processId } = surroundings;
  const options = runtimeOptionsOf(flags, workingDirectory, (message) =>
    stderr.write(`warning: ${oneLine(message)}\n`),
  );
  using interruption = new Interruption(signals, () =>
    stderr.write(`still closing: jobs write their checkpoints. (kill -9 ${processId} would not wait for them)\n`),
  );
  const runtime = await engine.createRuntime(options);
  try {
    if (interruption.signal.aborted) return EXIT.done;
    const server = await engine.serve(runtime, {
      host: flags.host,
      port: flags.port,
      ...(flags.allowHost !== undefined && { allowedHosts: flags.allowHost }),
      ...(flags.corsOrigin !== undefined && { corsOrigins: flags.corsOrigin }),
    });
    try {
      const paint = paintFor(stdout, environment);
      stdout.write(`Ganglion ${version} is listening on ${paint('accent', server.url)}\n`);
      for (const line of whatToTry(server.url, runtime.dataDir)) stdout.write(`${line}\n`);
      const asked = new Promise<void>((resolve) => interruption.whenAsked(() => resolve()));
      const death = await Promise.race([asked, server.ended]);
      // Nobody can reach what is left: better a supervisor that starts it anew than a server that answers no more.
      if (death) throw new Error(`the gateway died: ${death.message}`, { cause: death });
      stdout.write('shutting down: no new connections are accepted, open ones are closed ...\n');
    } finally {
      await server.close();
    }
    stdout.write('stopping runs and jobs; jobs write a checkpoint ...\n');
  } finally {
    await runtime.close();
  }
  stdout.write('closed\n');
  return EXIT.done;
}

function whatToTry(url: string, dataDir: string): string[] {
  return [
    `  data directory    ${dataDir}`,
    `  is it well        curl ${url}/health/ready`,
    `  node types        curl ${url}/api/v1/workflows/nodes`,
    `  check a workflow  curl ${url}/api/v1/workflows/validate -H 'content-type: application/json' -d @workflow.json`,
    `  all jobs, live    ${url.replace(/^http/, 'ws')}/api/v1/training/ws/all`,
    'Ctrl-C ends it in good order: jobs leave a checkpoint.',
  ];
}
