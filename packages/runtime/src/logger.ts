import pino, { type DestinationStream, type Logger } from 'pino';
import { withheld } from './withheld';

export type { Logger };

/**
 * JSON lines on stdout with service and environment on each, written at once so that none is lost when the process ends.
 * Levels: error = somebody must look, warn = it mended itself.
 */
export function createLogger(
  options: { service: string; environment: string; level: string },
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  const logger = pino(
    {
      level: options.level,
      base: { service: options.service, environment: options.environment, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Not pino's `redact`: paths for every depth made it the most expensive part of answering a request.
      formatters: { log: (fields) => withheld(fields) },
      // Errors have been made plain by then.
      serializers: { err: (error: unknown) => error },
    },
    destination,
  );
  // What is bound to a child passes no formatter. Children of children inherit this.
  const pinos = Object.getPrototypeOf(logger) as Logger;
  logger.child = function withheldChild(this: Logger, bindings: object, options?: object) {
    return pinos.child.call(this, withheld(bindings), options);
  } as Logger['child'];
  return logger;
}
