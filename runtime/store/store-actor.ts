/** The store as an actor: a thread of its own waits for the disk, so that no other has to. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Behaviour } from '../actor/behaviour.js';
import type { Answers } from '../actor/ref.js';
import { RuntimeError } from '../errors.js';
import { type Bindable, Database, type Operation, type Row, type Schema } from './database.js';
import { lockDirectory } from './directory-lock.js';

export interface StoreInit {
  /** Where the database lies; nothing is written to a disk without one. */
  readonly directory: string | undefined;
  readonly schema: Schema;
}

export type StoreMessage =
  | ({ readonly type: 'commit'; readonly operations: readonly Operation[] } & Answers<void>)
  | ({ readonly type: 'query'; readonly statement: string; readonly parameters: readonly Bindable[] } & Answers<Row[]>);

interface StoreState {
  readonly database: Database;
  readonly unlock: () => void;
}

export const storeActor: Behaviour<StoreState, StoreMessage, StoreInit> = {
  async start({ directory, schema }, context) {
    // SQLite must not be ended in the middle of a call: the thread is held until the store is closed.
    const opened = await context.control.whileHeld(() => {
      const state = open(directory, schema);
      context.control.openResource();
      return state;
    });
    void context.control.whenClosing().then(() => context.end());
    return opened;
  },

  receive(state, message, context) {
    try {
      if (message.type === 'commit') context.reply(state.database.commit(message.operations));
      else if (message.type === 'query') context.reply(state.database.query(message.statement, message.parameters));
    } catch (error) {
      context.refuse(error);
    }
    return state;
  },

  stop(state, context) {
    try {
      state.database.close();
      state.unlock();
    } finally {
      context.control.closeResource();
    }
  },
};

function open(directory: string | undefined, schema: Schema): StoreState {
  if (directory === undefined) return { database: new Database(':memory:', schema), unlock: () => undefined };
  makeWritable(directory);
  const unlock = lockDirectory(directory);
  try {
    return { database: new Database(join(directory, 'ganglion.db'), schema), unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Level by level: Node's own recursive form never returns below a parent that exists and holds nothing, such as /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) {
    readdirSync(directory);
    return;
  }
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  // What lies there is data of patients: nobody else on the machine may look.
  mkdirSync(directory, { mode: 0o700 });
}

function makeWritable(directory: string): void {
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOTDIR' || code === 'EEXIST'
        ? 'is not a directory'
        : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'cannot be written to'
          : `cannot be used (${code})`;
    throw new RuntimeError(
      'store_failed',
      `the data directory ${directory} ${why}: make it writable, or name another one with --data-dir`,
      { cause: error },
    );
  }
}
