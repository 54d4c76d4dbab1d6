/** The embedded SQLite behind everything that must survive: one connection, named statements, one typed way to bind. */
import { createRequire } from 'node:module';
import type LibsqlDatabase from 'libsql';
import { RuntimeError } from '../errors.js';

/** What can be bound. The native binding aborts the process on anything else, a boolean for instance. */
export type Bindable = string | number | null;

/** One named statement with its parameters. */
export interface Operation {
  readonly statement: string;
  readonly parameters: readonly Bindable[];
}

export type Row = Readonly<Record<string, string | number | null>>;

/** Tables and queries of one part of the system. Migrations are only ever added to, never changed. */
export interface Schema {
  readonly migrations: readonly string[];
  readonly statements: Readonly<Record<string, string>>;
}

export class Database {
  readonly #database: LibsqlDatabase.Database;
  readonly #statements = new Map<string, LibsqlDatabase.Statement>();
  readonly #queries: Readonly<Record<string, string>>;

  /** @param file path, or `:memory:` */
  constructor(file: string, schema: Schema) {
    // libsql is CommonJS with an untyped default under Node's loader: require gives the constructor itself.
    const Libsql = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase;
    try {
      this.#database = new Libsql(file);
    } catch (error) {
      throw new RuntimeError('store_failed', `the store ${file} cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
    this.#queries = schema.statements;
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('foreign_keys = ON');
    this.#migrate(file, schema.migrations);
  }

  /** Runs all operations in one transaction: every one of them is on the disk when this returns, or none is. */
  commit(operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { statement, parameters } of operations)
        this.#prepare(statement).run([...checked(statement, parameters)]);
      this.#database.exec('COMMIT');
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself, as it does when the disk is full.
      }
      throw new RuntimeError('store_failed', `the store could not commit: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  query(statement: string, parameters: readonly Bindable[]): Row[] {
    try {
      return this.#prepare(statement).all([...checked(statement, parameters)]) as Row[];
    } catch (error) {
      throw new RuntimeError('store_failed', `the store could not answer "${statement}": ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(name: string): LibsqlDatabase.Statement {
    let prepared = this.#statements.get(name);
    if (!prepared) {
      const sql = this.#queries[name];
      if (sql === undefined) throw new RuntimeError('store_failed', `there is no statement named "${name}"`);
      prepared = this.#database.prepare(sql);
      this.#statements.set(name, prepared);
    }
    return prepared;
  }

  #migrate(file: string, migrations: readonly string[]): void {
    const version = (this.#database.pragma('user_version') as { user_version: number }[])[0]?.user_version ?? 0;
    if (version > migrations.length) {
      throw new RuntimeError(
        'store_failed',
        `the store ${file} was written by a later version (schema ${version}, this one knows ${migrations.length}): update ganglion`,
      );
    }
    for (let next = version; next < migrations.length; next++) {
      this.#database.exec(`BEGIN IMMEDIATE; ${migrations[next]}; PRAGMA user_version = ${next + 1}; COMMIT`);
    }
  }
}

function checked(statement: string, parameters: readonly Bindable[]): readonly Bindable[] {
  for (const parameter of parameters) {
    if (parameter !== null && typeof parameter !== 'string' && typeof parameter !== 'number') {
      throw new RuntimeError(
        'store_failed',
        `"${statement}" was given a ${typeof parameter}: only strings, numbers and null can be stored`,
      );
    }
  }
  return parameters;
}
