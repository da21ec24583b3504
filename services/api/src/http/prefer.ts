/** Up to the next comma that is not in quotes; a quote that nothing closes reaches to the end. */
const PREFERENCES = /(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|$))+/gs;
const WAIT = /^\s*wait\s*(?:[=;]|$)/i;
const SECONDS = /^\s*wait\s*=\s*(?:(\d+)|"(\d+)")\s*(?:;.*)?$/is;

/**
 * `wait=N` of the Prefer header (RFC 7240), in seconds, at most `maxSeconds`; undefined when absent. A value that is no
 * number of seconds is ignored, and so is every instance of the preference but the first.
 */
export function preferredWaitSeconds(header: string | undefined, maxSeconds: number): number | undefined {
  const first = (header ?? '').match(PREFERENCES)?.find((preference) => WAIT.test(preference));
  const seconds = first === undefined ? null : SECONDS.exec(first);
  return seconds === null ? undefined : Math.min(Number(seconds[1] ?? seconds[2]), maxSeconds);
}
