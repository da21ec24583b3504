import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, LogWriter, type Logger, createLogger } from '@cytoqueue/runtime';

const LOOP_DEATHS = 5;

export interface Death {
  name: string;
  reason: string;
  deathsInARow: number;
  delayMs: number;
}

/** What the stack itself has to say: all of it to DATA_DIR/logs/stack.log, what somebody should see also to stderr. */
export interface Reporter {
  readonly logger: Logger;
  warn(message: string): void;
  death(death: Death): void;
}

export function createReporter(config: Config): Reporter {
  const logs = join(config.dataDir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const write = (line: string) => appendUnlessFull(join(logs, 'stack.log'), line);
  // Never blocks: a terminal or pipe that nothing reads must not hold up the restart of a service.
  const terminal = new LogWriter(process.stderr.fd);
  const logger = createLogger({ service: 'stack', environment: config.environment, level: config.logLevel }, { write });
  return {
    logger,
    warn(message) {
      logger.warn(message);
      terminal.write(`${message}\n`);
    },
    death(death) {
      logger.warn(death, 'a process has ended and will be started again');
      terminal.write(`${describeDeath(death, logs)}\n`);
    },
  };
}

/** The log is auxiliary: on a full disk its lines are lost, and the stack goes on. */
function appendUnlessFull(file: string, line: string): void {
  try {
    appendFileSync(file, line, { mode: 0o600 });
  } catch {
    // The same lines are on stderr.
  }
}

function describeDeath({ name, reason, deathsInARow, delayMs }: Death, logs: string): string {
  const again = `${name} has ended (${reason}); starting it again in ${delayMs / 1000} s`;
  return deathsInARow < LOOP_DEATHS ? again : `${again}. That was ${deathsInARow} times in a row: see ${join(logs, `${name}.log`)}`;
}
