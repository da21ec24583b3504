/** Matches up to the next comma outside quotes; an unclosed quote extends to the end, which may be a backslash. */
const PREFERENCES = /(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/gs;
const WAIT = /^\s*wait\s*(?:[=;]|$)/i;
const SECONDS = /^\s*wait\s*=\s*(?:(\d+)|"(\d+)")\s*(?:;.*)?$/is;

/**
 * Reads `wait=N` of the Prefer header (RFC 7240), in seconds, at most `maxSeconds`; undefined when absent. Only the
 * first instance counts, and a value that is not a number of seconds is ignored.
 */
export function preferredWaitSeconds(header: string | undefined, maxSeconds: number): number | undefined {
  const first = (header ?? '').match(PREFERENCES)?.find((preference) => WAIT.test(preference));
  const seconds = first === undefined ? null : SECONDS.exec(first);
  return seconds === null ? undefined : Math.min(Number(seconds[1] ?? seconds[2]), maxSeconds);
}
