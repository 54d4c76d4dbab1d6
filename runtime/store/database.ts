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

/** A change of the tables, made once in the life of a store. */
export interface Migration {
  /** Never changed, and never given twice: the store remembers by it what was done. */
  readonly name: string;
  readonly sql: string;
}

/** Tables and queries of one part of the system. Migrations are only ever added to, never changed. */
export interface Schema {
  /** In the order in which they are made. */
  readonly migrations: readonly Migration[];
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
    try {
      // A backup, or a person with a shell, may hold the file for a moment.
      this.#database.pragma('busy_timeout = 5000');
      this.#database.pragma('journal_mode = WAL');
      this.#database.pragma('synchronous = FULL');
      this.#database.pragma('foreign_keys = ON');
      this.#migrate(file, schema.migrations);
    } catch (error) {
      this.#database.close();
      if (error instanceof RuntimeError) throw error;
      throw new RuntimeError(
        'store_failed',
        `the store ${file} cannot be used: ${(error as Error).message}. Put a copy of it back, or name another data directory with --data-dir`,
        { cause: error },
      );
    }
  }

  /** Runs all operations in one transaction: every one of them is on the disk when this returns, or none is. */
  commit(operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
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

  /** Each part of the system brings its own migrations: the store remembers them by name, so that parts grow apart from each other. */
  #migrate(file: string, migrations: readonly Migration[]): void {
    this.#database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)');
    const done = new Set(
      (this.#database.prepare('SELECT name FROM migrations').all([]) as Row[]).map((row) => String(row['name'])),
    );
    const unknown = [...done].filter((name) => !migrations.some((migration) => migration.name === name));
    if (unknown.length > 0) {
      throw new RuntimeError(
        'store_failed',
        `the store ${file} was written by a later version of ganglion (${unknown.join(', ')}): update ganglion`,
      );
    }
    const remember = this.#database.prepare('INSERT INTO migrations (name) VALUES (?)');
    for (const { name, sql } of migrations) {
      if (done.has(name)) continue;
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        this.#database.exec(sql);
        remember.run([name]);
        this.#database.exec('COMMIT');
      } catch (error) {
        this.#database.exec('ROLLBACK');
        throw new RuntimeError(
          'store_failed',
          `the store ${file} could not be migrated (${name}): ${(error as Error).message}`,
          { cause: error },
        );
      }
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
