import { writeSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig } from './config';
import { createLogger } from './logger';

type CleanupStep = () => unknown;

/** How long the last log lines may take to leave the process. */
const FLUSH_MS = 500;

/** What was acquired, in order. Push a releaser when you acquire; the last acquired is released first. */
export class CleanupStack {
  private readonly entries: { name: string; release: CleanupStep }[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly logger?: Pick<Logger, 'error'>) {}

  push(name: string, release: CleanupStep): void {
    this.entries.push({ name, release });
  }

  /** Runs every releaser even when one fails; a second caller gets the same promise. */
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

/** Threads for what blocks: mostly waiting for a disk, so more of them than there are cores. */
const THREAD_POOL_SIZE = '16';

/**
 * Lets more than libuv's four calls block at once: a few large files on their way would else take every thread, and each of
 * a small object's several calls wait for one. To be called before what may block is even loaded.
 */
export function raiseThreadPoolSize(environment: Record<string, string | undefined>): void {
  environment.UV_THREADPOOL_SIZE ??= THREAD_POOL_SIZE;
}

export interface ServiceOptions {
  logger: Logger;
  /** A stop that takes longer ends the process with status 1. */
  stopDeadlineMs: number;
  start: (cleanup: CleanupStack) => Promise<void>;
}

/**
 * Runs one service for the life of this process: SIGINT, SIGTERM or a lost parent (IPC disconnect) stop it in order,
 * a second signal or the deadline ends it at once. A failed start releases what was acquired and exits with 1.
 */
export function runService({ logger, stopDeadlineMs, start }: ServiceOptions): void {
  const cleanup = new CleanupStack(logger);
  let stopping = false;
  const exit = (status: number): void => {
    // Through a pipe that nothing reads the last lines never leave.
    logger.flush(() => process.exit(status));
    setTimeout(() => process.exit(status), FLUSH_MS);
  };
  const stop = (reason: string, status: number): void => {
    if (stopping) return process.exit(1);
    stopping = true;
    logger.info({ reason }, 'stopping');
    // Keeps the process alive: one that hangs on nothing but a promise would else end by itself, with status 0.
    setTimeout(() => {
      logger.error({ stopDeadlineMs }, 'stop took too long, exiting');
      exit(1);
    }, stopDeadlineMs);
    void cleanup.releaseAll().then(() => {
      logger.info('stopped');
      exit(status);
    });
  };
  // Also of a rejection that was not handled. The log is written asynchronously, so Node.js must not end the process first.
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    exit(1);
  });
  process.on('SIGINT', () => stop('SIGINT', 0));
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  // Only present when a parent started us with an IPC channel; its end means that the parent is gone.
  process.on('disconnect', () => (stopping ? undefined : stop('parent gone', 0)));
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

/** Runs a service with the configuration of the environment. One that cannot be used ends the process with status 1 and one log line that names each variable. */
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
    // As the logger writes it, whose level may be what is wrong; and at once, for the process ends here.
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

/** Tells the parent, when there is one, that this process is up (see `scripts/src/stack`). */
export function notifyParent(message: { type: 'listening' | 'ready'; url?: string; port: number }): void {
  process.send?.(message);
}
