import { readFileSync } from 'node:fs';

const ERROR_LEVEL = 50;
/** First line of an uncaught error as Node.js prints it. */
const UNCAUGHT_ERROR = /^\w*Error\b/;

interface LogLine {
  level?: number;
  msg?: string;
  err?: { message?: string };
}

/** Last error in the log of an ended process, else its last line, else an empty text; appended to a message. */
export function lastLogError(logFile: string): string {
  const lines = readLines(logFile);
  const error = lines.findLast((line) => (parseLine(line)?.level ?? 0) >= ERROR_LEVEL || UNCAUGHT_ERROR.test(line));
  const words = error ?? lines.at(-1);
  return words === undefined ? '' : `. Its log ${logFile} ends: ${formatLine(words)}`;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function formatLine(line: string): string {
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
