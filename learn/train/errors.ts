/** What can go wrong while a network is trained or used. */

/** What went wrong. Clients may rely on the codes. */
export type TrainingErrorCode =
  | 'diverged'
  | 'too_few_rows'
  | 'state_mismatch'
  | 'leak'
  | 'unknown_figure'
  | 'unusable_network'
  | 'unusable_precision';

/** The message is complete in itself: what, where, and the way out. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
  readonly code: TrainingErrorCode;

  constructor(code: TrainingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
