/** One answer to one request: sent at most once, never after the client went away, always whole. */
import type { HttpResponse } from '../uws.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; absent for an answer without a body. */
  readonly body?: string;
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export class Reply {
  /** Told once, when the answer is written to its last byte or the client is gone. */
  onSettled: () => void = () => {};
  readonly #response: HttpResponse;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #isHead: boolean;
  #state: 'open' | 'writing' | 'settled' = 'open';

  /** @param headers go with every answer, whatever it says */
  constructor(response: HttpResponse, headers: Readonly<Record<string, string>>, isHead: boolean) {
    this.#response = response;
    this.#headers = headers;
    this.#isHead = isHead;
    response.onAborted(() => this.#settle());
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Sends the answer; does nothing if one was sent already or the client is gone. */
  send(answer: Answer, closeConnection = false): void {
    if (this.#state !== 'open') return;
    this.#state = 'writing';
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(`${answer.status} ${REASONS[answer.status] ?? 'Unknown'}`);
      for (const [name, value] of Object.entries({ ...this.#headers, ...answer.headers }))
        response.writeHeader(name, value);
      if (answer.body === undefined) {
        response.endWithoutBody(undefined, closeConnection);
        this.#settle();
        return;
      }
      const bytes = Buffer.from(answer.body);
      if (this.#isHead) {
        response.endWithoutBody(bytes.length, closeConnection);
        this.#settle();
      } else if (closeConnection) {
        response.end(bytes, true);
        this.#settle();
      } else this.#write(bytes);
    });
  }

  /** `end` would copy what the client is too slow to take; this way it waits in one place, and we know when it is out. */
  #write(bytes: Buffer): void {
    const response = this.#response;
    const start = response.getWriteOffset();
    const attempt = (from: number): boolean => {
      const [isWritten, isDone] = response.tryEnd(bytes.subarray(from), bytes.length);
      if (isDone) this.#settle();
      return isWritten;
    };
    if (attempt(0) || this.#state === 'settled') return;
    response.onWritable((offset) => this.#state === 'settled' || attempt(offset - start));
  }

  #settle(): void {
    if (this.#state === 'settled') return;
    this.#state = 'settled';
    this.onSettled();
  }
}
