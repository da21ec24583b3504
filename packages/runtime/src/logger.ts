import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** Names under which patient data could slip into a log line; no call site logs them, this is the backstop. */
const PATIENT_FIELDS = ['features', 'sample', 'sample_id', 'filename', 'cells', 'row', 'body', 'received'];
/** `args`: a failed Redis command carries its arguments, of AUTH the password. */
const SECRETS = ['authorization', 'cookie', 'api_key', 'args'];
/** Deeper than any call site logs: an error's cause within an error is the third. */
const LEVELS = ['', '*.', '*.*.', '*.*.*.'];

/**
 * JSON lines on stdout with service and environment on each, written at once so that none is lost when the process ends.
 * Levels: error = somebody must look, warn = it mended itself.
 */
export function createLogger(
  options: { service: string; environment: string; level: string },
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, environment: options.environment, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: [...PATIENT_FIELDS, ...SECRETS].flatMap((name) => LEVELS.map((level) => level + name)), censor: '[redacted]' },
    },
    destination,
  );
}
