/** An ONNX file that cannot be read, or a graph that cannot be built. The message says what, where and how to mend it. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
  /** Where in the file the fault lies, in bytes from its start; absent when the fault is not one of bytes. */
  readonly offset?: number;

  constructor(message: string, options: { offset?: number; cause?: unknown } = {}) {
    super(
      options.offset === undefined ? message : `${message} (at byte ${options.offset})`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    if (options.offset !== undefined) this.offset = options.offset;
  }
}

/**
 * Does `work`, and tells of whatever goes wrong that it went wrong at `where`: what is done with a node of a file fails with that node's name,
 * however deep inside.
 */
export function tellingWhere<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof OnnxError))
      throw new OnnxError(`${where}: it cannot be understood (${(cause as Error).message})`, { cause });
    throw cause.message.includes(where) ? cause : new OnnxError(`${where}: ${cause.message}`, { cause });
  }
}
