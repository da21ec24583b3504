import { readFileSync } from 'node:fs';

const ERROR_LEVEL = 50;

interface LogLine {
  level?: number;
  msg?: string;
  err?: { message?: string };
}

/** What a process that ended said last, for a message to the person at the terminal: its last error, else its last line. */
export function lastWords(logFile: string): string {
  const lines = readLines(logFile);
  const error = lines.findLast((line) => (parseLine(line)?.level ?? 0) >= ERROR_LEVEL);
  const words = error ?? lines.at(-1);
  return words === undefined ? `Its log ${logFile} is empty` : `Its log ${logFile} ends: ${readable(words)}`;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function readable(line: string): string {
  const parsed = parseLine(line);
  return [parsed?.msg, parsed?.err?.message].filter(Boolean).join(': ') || line.trim();
}

function parseLine(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
