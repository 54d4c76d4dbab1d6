/** The wire contract, as far as the bench speaks it. */

export type Json = Readonly<Record<string, unknown>>;

export class Api {
  readonly #url: string;
  readonly #signal: AbortSignal;

  /** @param signal ends what waits */
  constructor(url: string, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  get(path: string): Promise<Json> {
    return this.#send('GET', path);
  }

  post(path: string, body?: object): Promise<Json> {
    return this.#send('POST', path, body);
  }

  /** Starts a job and gives its id. */
  async startJob(request: object): Promise<string> {
    return String((await this.post('/api/training/start', request))['job_id']);
  }

  /** Starts a run and gives its id. */
  async startRun(workflow: object): Promise<string> {
    return String((await this.post('/api/workflows/execute?wait=false', { workflow }))['run_id']);
  }

  /** Address of a socket of this server. */
  socket(path: string): string {
    return `${this.#url.replace(/^http/, 'ws')}${path}`;
  }

  async #send(method: string, path: string, body?: object): Promise<Json> {
    const response = await fetch(this.#url + path, {
      method,
      signal: this.#signal,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Json;
  }
}
