/** The hidden command that tries a provider within its own process. */
export const PROBE_COMMAND = 'probe-provider';
