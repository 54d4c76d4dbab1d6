/** The endless task that makes a Piscina thread an actor host. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import type { Behaviour, BehaviourSource } from '../actor/behaviour.js';
import type { AnyBehaviour } from '../actor/cell.js';
import { ActorSystem } from '../actor/system.js';
import { ThreadBudget } from '../device/threads.js';
import { RuntimeError } from '../errors.js';
import type { HostCommand, HostReport, HostTask } from '../messages.js';
import { Control } from './control.js';

/** Runs until the kernel closes the host. Every actor is stopped, and what it holds released, before it resolves. */
export async function serveHost(task: HostTask): Promise<void> {
  const { port } = task;
  const control = new Control(task.control);
  // Taken by thread.cjs while this module was loaded.
  control.leaveNative();
  const report = (message: HostReport): void => port.postMessage(message);
  const system = new ActorSystem({
    host: task.host,
    control,
    budget: new ThreadBudget(task.budget),
    connect: (host) => report({ kind: 'connect', host }),
    onEnded: (actor, failure) => report({ kind: 'ended', actor, ...(failure ? { failure } : {}) }),
  });
  lowerPriority(task.niceness);
  await new Promise<void>((resolve) => {
    port.on('message', (command: HostCommand) => {
      switch (command.kind) {
        case 'spawn':
          return spawn(system, command, report);
        case 'link':
          return system.link(command.host, command.port as MessagePort);
        case 'unreachable':
          return system.unlink(command.host);
        case 'close':
          return void system.stopAll().then(resolve);
      }
    });
    report({ kind: 'ready' });
  });
  system.closeLinks();
  port.close();
}

function spawn(
  system: ActorSystem,
  command: Extract<HostCommand, { kind: 'spawn' }>,
  report: (message: HostReport) => void,
): void {
  const { actor, slot, source, init } = command;
  const cell = system.spawnCell(
    system.control.whileHeld(() => loadBehaviour(source)),
    init,
    { actor, slot },
  );
  void cell.started.then((failure) => {
    if (!failure) report({ kind: 'started', actor });
  });
}

async function loadBehaviour(source: BehaviourSource): Promise<AnyBehaviour> {
  const module = (await import(source.module)) as Record<string, unknown>;
  const behaviour = module[source.name];
  if (!isBehaviour(behaviour)) {
    throw new RuntimeError(
      'module_invalid',
      `${source.module} exports no behaviour named "${source.name}": an object with start and receive`,
    );
  }
  return behaviour;
}

function isBehaviour(value: unknown): value is Behaviour<unknown, unknown, unknown> {
  const candidate = value as { start?: unknown; receive?: unknown } | undefined;
  return typeof candidate?.start === 'function' && typeof candidate.receive === 'function';
}

/** Lets the threads that answer clients go first. Linux alone has a priority a thread, and it is inherited by the threads that this one makes. */
function lowerPriority(niceness: number): void {
  if (niceness === 0 || process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').pop());
    if (Number.isInteger(thread)) setPriority(thread, niceness);
  } catch {
    // Without /proc every thread has the same priority: slower answers under load, nothing wrong.
  }
}
