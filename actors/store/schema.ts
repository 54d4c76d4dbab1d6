/** Tables and statements of workflows, runs and jobs. Every query of the project's own stands here, and nowhere else. */
import { LOG_SCHEMA, type Schema } from '../../runtime/index.js';

const SCHEMA: Schema = {
  migrations: [
    {
      name: 'actors 1: workflows, runs, jobs',
      sql: `CREATE TABLE workflows (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       name TEXT NOT NULL UNIQUE,
       description TEXT,
       nodes TEXT NOT NULL,
       edges TEXT NOT NULL,
       execution_count INTEGER NOT NULL DEFAULT 0,
       last_executed_at TEXT,
       created_at TEXT NOT NULL,
       updated_at TEXT NOT NULL
     );
     CREATE TABLE runs (
       number INTEGER PRIMARY KEY AUTOINCREMENT,
       run_id TEXT NOT NULL UNIQUE,
       workflow_id INTEGER,
       name TEXT,
       status TEXT NOT NULL,
       graph TEXT NOT NULL,
       result TEXT,
       created_at TEXT NOT NULL,
       completed_at TEXT
     );
     CREATE TABLE run_outputs (
       run_id TEXT NOT NULL,
       node_id TEXT NOT NULL,
       execution TEXT NOT NULL,
       outputs TEXT NOT NULL,
       PRIMARY KEY (run_id, node_id)
     );
     CREATE TABLE jobs (
       number INTEGER PRIMARY KEY,
       job_id TEXT NOT NULL UNIQUE,
       name TEXT NOT NULL,
       status TEXT NOT NULL,
       request TEXT NOT NULL,
       document TEXT NOT NULL,
       created_at TEXT NOT NULL
     );
     CREATE INDEX jobs_by_status ON jobs (status);
     CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)`,
    },
  ],
  statements: {
    insert_workflow:
      'INSERT INTO workflows (name, description, nodes, edges, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    workflow_by_name: 'SELECT * FROM workflows WHERE name = ?',
    workflow_by_id: 'SELECT * FROM workflows WHERE id = ?',
    workflows:
      'SELECT id, name, description, execution_count, last_executed_at, created_at, updated_at FROM workflows ORDER BY id DESC LIMIT ? OFFSET ?',
    count_workflows: 'SELECT count(*) AS total FROM workflows',
    update_workflow:
      'UPDATE workflows SET name = ?, description = ?, nodes = ?, edges = ?, updated_at = ? WHERE id = ?',
    delete_workflow: 'DELETE FROM workflows WHERE id = ?',
    workflow_executed: 'UPDATE workflows SET execution_count = execution_count + 1, last_executed_at = ? WHERE id = ?',

    insert_run:
      "INSERT INTO runs (run_id, workflow_id, name, status, graph, created_at) VALUES (?, ?, ?, 'running', ?, ?)",
    end_run: 'UPDATE runs SET status = ?, result = ?, completed_at = ? WHERE run_id = ?',
    reopen_run: "UPDATE runs SET status = 'running', result = NULL, completed_at = NULL WHERE run_id = ?",
    run_by_id: 'SELECT * FROM runs WHERE run_id = ?',
    runs: 'SELECT run_id, workflow_id, name, status, created_at, completed_at FROM runs ORDER BY number DESC LIMIT ? OFFSET ?',
    count_runs: 'SELECT count(*) AS total FROM runs',
    unfinished_runs: "SELECT run_id, graph FROM runs WHERE status = 'running'",
    keep_output: 'INSERT OR REPLACE INTO run_outputs (run_id, node_id, execution, outputs) VALUES (?, ?, ?, ?)',
    drop_output: 'DELETE FROM run_outputs WHERE run_id = ? AND node_id = ?',
    outputs_of_run: 'SELECT node_id, execution, outputs FROM run_outputs WHERE run_id = ?',

    insert_job:
      'INSERT INTO jobs (number, job_id, name, status, request, document, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    update_job: 'UPDATE jobs SET status = ?, document = ? WHERE job_id = ?',
    job_by_id: 'SELECT * FROM jobs WHERE job_id = ?',
    jobs: 'SELECT document FROM jobs ORDER BY number DESC LIMIT ? OFFSET ?',
    jobs_with_status: 'SELECT document FROM jobs WHERE status = ? ORDER BY number DESC LIMIT ? OFFSET ?',
    count_jobs: 'SELECT count(*) AS total FROM jobs',
    count_jobs_with_status: 'SELECT count(*) AS total FROM jobs WHERE status = ?',
    unfinished_jobs: "SELECT job_id, document FROM jobs WHERE status NOT IN ('completed', 'failed', 'stopped')",
    counter: 'SELECT value FROM counters WHERE name = ?',
    set_counter:
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  },
};

export const STORE_SCHEMA: Schema = {
  migrations: [...LOG_SCHEMA.migrations, ...SCHEMA.migrations],
  statements: { ...LOG_SCHEMA.statements, ...SCHEMA.statements },
};
