import { writeSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig } from './config';
import { createLogger } from './logger';

type CleanupStep = () => unknown;

/** Time limit for flushing the last log lines. */
const FLUSH_MS = 500;

/** Releases acquired resources in reverse order. Push a cleanup step after each acquisition. */
export class CleanupStack {
  private readonly entries: { name: string; release: CleanupStep }[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly logger?: Pick<Logger, 'error'>) {}

  push(name: string, release: CleanupStep): void {
    this.entries.push({ name, release });
  }

  /** Runs every step even when one fails; a second caller gets the same promise. */
  releaseAll(): Promise<void> {
    this.running ??= this.run();
    return this.running;
  }

  private async run(): Promise<void> {
    for (let entry = this.entries.pop(); entry !== undefined; entry = this.entries.pop()) {
      try {
        await entry.release();
      } catch (error) {
        this.logger?.error({ err: error, running: entry.name }, 'release failed');
      }
    }
  }
}

/** Pool threads mostly wait for a disk, so there are more than cores. */
const THREAD_POOL_SIZE = '16';

/**
 * Sets 16 pool threads instead of libuv's 4, so that large files do not starve small objects. Call it before loading modules
 * that use the pool.
 */
export function raiseThreadPoolSize(environment: Record<string, string | undefined>): void {
  environment.UV_THREADPOOL_SIZE ??= THREAD_POOL_SIZE;
}

/** Signals of a terminal: Ctrl-C, Ctrl-\, Ctrl-Z, and that it was closed. */
const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGHUP'] as const;

export interface ServiceOptions {
  logger: Logger;
  /** A longer stop ends the process with status 1. */
  stopDeadlineMs: number;
  start: (cleanup: CleanupStack) => Promise<void>;
}

/**
 * Runs one service for the life of this process. SIGINT, SIGTERM or the end of the parent process stops it in order; a
 * second signal or the deadline ends the process at once. With an IPC channel, only the parent decides: the signals of a
 * terminal are ignored, which it sends to all its processes, and so is a repeated SIGTERM, which the whole process group
 * may have received before the parent sends its own. A failed start releases what was acquired and exits with status 1.
 */
export function runService({ logger, stopDeadlineMs, start }: ServiceOptions): void {
  const cleanup = new CleanupStack(logger);
  let stopping = false;
  const exit = (status: number): void => {
    // A pipe without a reader never takes the last lines, so the flush has a time limit.
    logger.flush(() => process.exit(status));
    setTimeout(() => process.exit(status), FLUSH_MS);
  };
  const stop = (reason: string, status: number): void => {
    if (stopping) return process.exit(1);
    stopping = true;
    logger.info({ reason }, 'stopping');
    // Keeps the event loop alive: with only a pending promise Node.js would exit with status 0.
    setTimeout(() => {
      logger.error({ stop_deadline_ms: stopDeadlineMs }, 'stop exceeded its deadline, exiting');
      exit(1);
    }, stopDeadlineMs);
    void cleanup.releaseAll().then(() => {
      logger.info('stopped');
      exit(status);
    });
  };
  // Includes unhandled rejections. The log is asynchronous, so flush it before the process ends.
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    exit(1);
  });
  const hasChannel = process.channel !== undefined;
  if (hasChannel) for (const signal of TERMINAL_SIGNALS) process.on(signal, () => undefined);
  else process.on('SIGINT', () => stop('SIGINT', 0));
  process.on('SIGTERM', () => (hasChannel && stopping ? undefined : stop('SIGTERM', 0)));
  // A disconnect of the IPC channel means that the parent process has ended.
  process.on('disconnect', () => (stopping ? undefined : stop('parent process ended', 0)));
  start(cleanup).catch((error: unknown) => {
    logger.fatal({ err: error }, 'start failed');
    if (!stopping) stop('start failed', 1);
  });
}

export interface MainOptions {
  service: string;
  stopDeadlineMs: number;
  start: (config: Config, logger: Logger, cleanup: CleanupStack) => Promise<void>;
}

/**
 * Runs a service with the environment's configuration. An invalid configuration ends the process with status 1 and one log line
 * that names each invalid variable.
 */
export function runMain({ service, stopDeadlineMs, start }: MainOptions): void {
  const config = configOrExit(service);
  const logger = createLogger({ service, environment: config.environment, level: config.logLevel });
  runService({ logger, stopDeadlineMs, start: (cleanup) => start(config, logger, cleanup) });
}

function configOrExit(service: string): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Same format as the logger, which cannot be created: its level may be invalid. Synchronous, because the process ends here.
    const line = {
      level: 60,
      time: new Date().toISOString(),
      service,
      pid: process.pid,
      code: error.code,
      msg: error.message,
    };
    writeSync(1, `${JSON.stringify(line)}\n`);
    return process.exit(1);
  }
}

/** Tells the parent process, if any, that this process listens or is ready (see `scripts/src/stack`). */
export function notifyParent(message: { type: 'listening' | 'ready'; url?: string; port: number }): void {
  process.send?.(message);
}
