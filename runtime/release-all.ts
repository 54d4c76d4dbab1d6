/** What holds native memory. */
export interface Releasable {
  release(): Promise<void>;
}

/** Releases every one of them, also those behind one that fails. @throws the first failure, when all have been tried */
export async function releaseAll(held: Iterable<Releasable>): Promise<void> {
  const outcomes = await Promise.allSettled([...held].map(async (one) => one.release()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
