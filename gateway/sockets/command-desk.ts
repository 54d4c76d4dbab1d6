/** Carries out the commands of one socket, one after the other, and answers each. */
import type { Limits } from '../defaults.js';
import { type Log, oneLine, toFailure } from '../errors.js';
import type { SocketSession } from './session.js';

type Fields = Readonly<Record<string, unknown>>;

export interface Command {
  /** @throws Refusal when the state does not allow it */
  run(fields: Fields): Promise<Fields>;
}

export interface DeskOptions {
  readonly session: SocketSession;
  readonly limits: Pick<Limits, 'commandsWaiting'>;
  readonly log: Log;
  readonly commands: Readonly<Record<string, Command['run']>>;
  /** The present status, told beside a refusal. */
  readonly status: (fields: Fields) => Promise<unknown>;
}

export class CommandDesk {
  readonly #options: DeskOptions;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  receive(command: string, fields: Fields): void {
    const { session, limits } = this.#options;
    const name = command.slice(0, 40);
    if (this.#waiting >= limits.commandsWaiting) {
      session.say({
        type: 'command_result',
        command: name,
        ok: false,
        error: `${this.#waiting} commands are waiting already`,
      });
      return;
    }
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      const result = await this.#carryOut(name, fields);
      this.#waiting -= 1;
      session.say({ type: 'command_result', command: name, ...result });
    });
  }

  async #carryOut(name: string, fields: Fields): Promise<Fields> {
    const { commands, log } = this.#options;
    const run = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (run === undefined) {
      const known = Object.keys(commands).join(', ');
      return {
        ok: false,
        ...(await this.#presentStatus(fields)),
        error: `unknown command ${JSON.stringify(name)}; known here: ${known}`,
      };
    }
    try {
      const result = await run(fields);
      return {
        ok: true,
        ...subjectOf(result),
        ...(typeof result['status'] === 'string' && { status: result['status'] }),
      };
    } catch (error) {
      return {
        ok: false,
        ...(await this.#presentStatus(fields)),
        error: oneLine(toFailure(error, `command ${name}`, log)),
      };
    }
  }

  async #presentStatus(fields: Fields): Promise<Fields> {
    try {
      const status = await this.#options.status(fields);
      return typeof status === 'string' ? { status } : {};
    } catch {
      // The refusal itself says what is wrong; the status is an extra.
      return {};
    }
  }
}

/** Whom the command was about: needed where one socket speaks for several jobs. */
function subjectOf(result: Fields): Fields {
  const { job_id, run_id } = result;
  return { ...(typeof job_id === 'string' && { job_id }), ...(typeof run_id === 'string' && { run_id }) };
}
