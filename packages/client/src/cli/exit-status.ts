import { ApiError, ConnectionError } from '../api-error';
import type { Batch, FileDrift } from '../types';
import { UsageError } from './usage-error';

/** The exit statuses of the command: one for each cause. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The service refused the request or the file. */
  refused: 3,
  unreachable: 4,
  /** Some rows of a finished batch were not scored, or some confirmed diagnoses were not stored. */
  partlyScored: 5,
  /** The file as a whole is unlike the training data; takes precedence over `partlyScored`. */
  unlikeTraining: 6,
} as const;

export const EXIT_HELP = `Exit status: 0 all scored, or the model trained, 1 any other failure, 2 wrong usage, 3 refused by the service, 4 service not reachable,
5 some rows were not scored or some diagnoses not stored, 6 the file is unlike the training data, 130 interrupted (batch and training continue).`;

export function statusOfDrift(drift: FileDrift | undefined): number {
  return drift?.verdict === 'unlike_training' ? EXIT.unlikeTraining : EXIT.ok;
}

export function statusOfBatch({ status, drift }: Batch): number {
  if (status === 'failed' || status === 'canceled') return EXIT.failed;
  return statusOfDrift(drift) || (status === 'completed_with_errors' ? EXIT.partlyScored : EXIT.ok);
}

const UNAVAILABLE = new Set([502, 503, 504]);

export function statusOfError(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConnectionError) return EXIT.unreachable;
  if (!(error instanceof ApiError)) return EXIT.failed;
  if (error.status < 500) return error.type === 'object-damaged' ? EXIT.failed : EXIT.refused;
  return UNAVAILABLE.has(error.status) || error.type === 'http-error' ? EXIT.unreachable : EXIT.failed;
}
