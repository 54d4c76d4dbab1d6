/** Why a request was refused, in a form that survives the way across threads and decides the answer's status. */
import type { ContractIssue } from './contract/index.js';

export type RefusalCode = 'invalid' | 'bad_request' | 'not_found' | 'conflict' | 'unavailable';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** Faults with their place, for `invalid`. */
  readonly issues: readonly ContractIssue[];

  constructor(code: RefusalCode, message: string, issues: readonly ContractIssue[] = []) {
    super(message);
    this.code = code;
    this.issues = issues;
  }
}
