import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, LogWriter, type Logger, createLogger } from '@cytoqueue/runtime';

const CRASH_LOOP_AFTER = 5;

export interface Crash {
  name: string;
  reason: string;
  consecutiveCrashes: number;
  delayMs: number;
}

/** Log of the stack itself: all lines go to DATA_DIR/logs/stack.log, important ones also to stderr. */
export interface StackLog {
  readonly logger: Logger;
  warn(message: string): void;
  crash(crash: Crash): void;
}

export function createStackLog(config: Config): StackLog {
  const logs = join(config.dataDir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const write = (line: string) => appendUnlessFull(join(logs, 'stack.log'), line);
  // Never blocks: an unread terminal or pipe must not delay the restart of a service.
  const terminal = new LogWriter(process.stderr.fd);
  const logger = createLogger({ service: 'stack', environment: config.environment, level: config.logLevel }, { write });
  return {
    logger,
    warn(message) {
      logger.warn(message);
      terminal.write(`${message}\n`);
    },
    crash(crash) {
      logger.warn(crash, 'a process has ended and will be started again');
      terminal.write(`${crashText(crash, logs)}\n`);
    },
  };
}

/** The log is auxiliary: on a full disk its lines are lost and the stack continues. */
function appendUnlessFull(file: string, line: string): void {
  try {
    appendFileSync(file, line, { mode: 0o600 });
  } catch {
    // The same lines are on stderr.
  }
}

function crashText({ name, reason, consecutiveCrashes, delayMs }: Crash, logs: string): string {
  const text = `${name} has ended (${reason}); starting it again in ${delayMs / 1000} s`;
  return consecutiveCrashes < CRASH_LOOP_AFTER
    ? text
    : `${text}. That was ${consecutiveCrashes} times in a row: see ${join(logs, `${name}.log`)}`;
}
