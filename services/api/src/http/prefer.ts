const MAX_WAIT_SECONDS = 60;
/** Up to the next comma that is not in quotes. */
const PREFERENCES = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/gs;

/** `wait=N` of the Prefer header (RFC 7240), in seconds, at most 60; undefined when absent or not a number. */
export function preferredWaitSeconds(header: string | undefined): number | undefined {
  for (const [preference] of (header ?? '').matchAll(PREFERENCES)) {
    const match = /^\s*wait\s*=\s*"?(\d+)"?\s*(?:;.*)?$/is.exec(preference);
    if (match !== null) return Math.min(Number(match[1]), MAX_WAIT_SECONDS);
  }
  return undefined;
}
