/** An event on its way to whoever listens. */

export interface StreamEvent {
  /** The run's or the job's id. */
  readonly stream: string;
  /** Number within the stream, from 1, without gaps. Absent for an event of the moment. */
  readonly seq?: number;
  /** Number across all streams, rising. Absent for an event of the moment. */
  readonly pos?: number;
  readonly type: string;
  /** The whole event, serialised once. */
  readonly json: string;
  /**
   * For events of the moment: a listener that cannot keep up may keep only the newest of those with the same key. Default:
   * the type. It is given where one type speaks of several things (two training nodes of one run).
   */
  readonly mergeKey?: string;
}

/** The event as plain data, for another thread. */
export function plainEvent({ stream, seq, pos, type, json, mergeKey }: StreamEvent): StreamEvent {
  return {
    stream,
    ...(seq !== undefined && { seq }),
    ...(pos !== undefined && { pos }),
    type,
    json,
    ...(mergeKey !== undefined && { mergeKey }),
  };
}

const TYPE = /^\{"type":("(?:[^"\\]|\\.)*")/;

/** What the log says of every event, before its own fields. */
export interface Envelope {
  readonly type: string;
  readonly seq: number;
  readonly ts: string;
  /** Under which name the stream's id stands in it. */
  readonly idField: string;
  readonly stream: string;
}

type Fields = Readonly<Record<string, unknown>>;

const composed = ({ type, seq, ts, idField, stream }: Envelope, fields: Fields): Fields => ({
  type,
  seq,
  ts,
  [idField]: stream,
  ...fields,
});

/** An event of the log, which makes its text and its value only when somebody asks. */
export class LoggedEvent implements StreamEvent {
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  /** Given when its group is formed. */
  pos = 0;
  #json: string | undefined;
  readonly #parts: { readonly envelope: Envelope; readonly fields: Fields } | undefined;

  private constructor(
    { stream, seq, type }: Pick<Envelope, 'stream' | 'seq' | 'type'>,
    json: string | undefined,
    parts?: { readonly envelope: Envelope; readonly fields: Fields },
  ) {
    this.stream = stream;
    this.seq = seq;
    this.type = type;
    this.#json = json;
    this.#parts = parts;
  }

  /** @param fields plain data that JSON keeps as it is, and that nobody changes any more */
  static of(envelope: Envelope, fields: Fields, json?: string): LoggedEvent {
    return new LoggedEvent(envelope, json, { envelope, fields });
  }

  static written(envelope: Envelope, json: string): LoggedEvent {
    return new LoggedEvent(envelope, json);
  }

  /** As it was stored. */
  static read(stream: string, seq: number, pos: number, json: string): LoggedEvent {
    const type = JSON.parse(TYPE.exec(json)?.[1] ?? '""') as string;
    const event = new LoggedEvent({ stream, seq, type }, json);
    event.pos = pos;
    return event;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.value);
    return this.#json;
  }

  get value(): Fields {
    return this.#parts ? composed(this.#parts.envelope, this.#parts.fields) : (JSON.parse(this.#json!) as Fields);
  }
}

/** The event as an object. What is inside of its fields is not to be changed: others may have the same. */
export function eventValue(event: StreamEvent): Readonly<Record<string, unknown>> {
  return event instanceof LoggedEvent ? event.value : (JSON.parse(event.json) as Record<string, unknown>);
}
