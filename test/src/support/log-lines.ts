export type LogLine = Record<string, unknown>;

/** The JSON lines of a service's log, without a line that is still being written. */
export function parseLog(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}
