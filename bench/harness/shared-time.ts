/**
 * A clock that all processes and threads of one machine read alike, in ms with fractions: the system's monotonic clock.
 * Not `performance.timeOrigin + performance.now()`: each process fixes its origin by the wall clock when it starts, so two
 * processes differ by whatever the wall clock was corrected in between.
 */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
