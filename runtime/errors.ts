/** Failures of the kernel, and their form while they cross threads. */

/** What can go wrong in the kernel itself. A behaviour's own errors keep their own codes. */
export type RuntimeErrorCode =
  | 'actor_gone'
  | 'actor_failed'
  | 'ask_timeout'
  | 'host_gone'
  | 'mailbox_full'
  | 'module_invalid'
  | 'name_taken'
  | 'runtime_closed'
  | 'stopped'
  | 'store_locked'
  | 'store_failed'
  | 'provider_unavailable'
  | 'graph_refused';

export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error as plain data: what is left of it when it crosses a thread, a process or a disk. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: Failure;
  /** The other own, cloneable fields of the error: places, faults, remedies. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** An error that came from another thread. It keeps name, code, stack and cause, and its own fields in {@link detail}. */
export class RemoteError extends Error {
  readonly code: string | undefined;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(failure: Failure) {
    super(failure.message, failure.cause ? { cause: new RemoteError(failure.cause) } : undefined);
    this.name = failure.name;
    this.code = failure.code;
    this.detail = failure.detail ?? {};
    if (failure.stack) this.stack = failure.stack;
  }
}

const CAUSES_KEPT = 8;
const OWN_FIELDS = new Set(['name', 'message', 'code', 'stack', 'cause', 'detail']);

/** Turns whatever was thrown into a {@link Failure}: the one place where `unknown` becomes known. */
export function toFailure(thrown: unknown, depth = 0): Failure {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', message: typeof thrown === 'string' ? thrown : `thrown: ${inspectBriefly(thrown)}` };
  }
  const detail: Record<string, unknown> = thrown instanceof RemoteError ? { ...thrown.detail } : {};
  for (const [field, value] of Object.entries(thrown)) {
    if (!OWN_FIELDS.has(field) && isCloneable(value)) detail[field] = value;
  }
  const code = (thrown as { code?: unknown }).code;
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(thrown.stack ? { stack: thrown.stack } : {}),
    ...(thrown.cause !== undefined && depth < CAUSES_KEPT ? { cause: toFailure(thrown.cause, depth + 1) } : {}),
    ...(Object.keys(detail).length > 0 ? { detail } : {}),
  };
}

/** The error of a failure, to throw on this side. */
export function fromFailure(failure: Failure): RemoteError {
  return new RemoteError(failure);
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function inspectBriefly(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 200);
  } catch {
    return String(value).slice(0, 200);
  }
}
