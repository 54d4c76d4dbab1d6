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
