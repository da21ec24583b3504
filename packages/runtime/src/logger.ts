import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** Names under which patient data could slip into a log line; no call site logs them, this is the backstop. */
const PATIENT_FIELDS = ['features', 'sample', 'sample_id', 'filename', 'cells', 'row', 'body', 'authorization', 'cookie', 'api_key'];

/** JSON lines on stdout, one service name and environment on each. Levels: error = somebody must look, warn = it mended itself. */
export function createLogger(
  options: { service: string; environment: string; level: string },
  destination: DestinationStream = pino.destination({ fd: 1, sync: false }),
): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, environment: options.environment, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: PATIENT_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    destination,
  );
}
