import pino, { type DestinationStream, type Logger } from 'pino';
import { LogWriter } from './log-writer';
import { redact } from './redact';

export type { Logger };

/**
 * Between two writes to the log. The first line after a quiet time is written at once. Under 32 clients with single
 * records, a write for nearly every line took a tenth of the API's CPU. A process that is killed, or blocked until it
 * is killed, loses the lines since its last write.
 */
const PAUSE_MS = 10;

/**
 * JSON lines on stdout with service and environment on each. Logging never blocks and never throws (see LogWriter); call
 * `flush` before the process ends. Levels: error = a person must act, warn = recovered automatically.
 */
export function createLogger(
  options: { service: string; environment: string; level: string },
  destination?: DestinationStream,
): Logger {
  const onRecovery = (dropped: number): void =>
    logger.warn({ dropped }, 'log lines were dropped while the log could not be written');
  const logger: Logger = pino(
    {
      level: options.level,
      base: { service: options.service, environment: options.environment, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Not pino's `redact`: paths for every depth made it the most expensive part of answering a request.
      formatters: { log: (fields) => redact(fields) },
      // redact has already converted errors to plain objects.
      serializers: { err: (error: unknown) => error },
    },
    destination ?? new LogWriter(1, { onRecovery, pauseMs: PAUSE_MS }),
  );
  // Bindings of child loggers bypass the formatter, so redact them here. Their children inherit this.
  const pinoPrototype = Object.getPrototypeOf(logger) as Logger;
  logger.child = function redactedChild(this: Logger, bindings: object, options?: object) {
    return pinoPrototype.child.call(this, redact(bindings), options);
  } as Logger['child'];
  return logger;
}
