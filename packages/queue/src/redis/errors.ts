/** A Redis command failed or was not answered in time, or Redis has no memory for new work. Retryable. The command may have run. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
  readonly code = 'queue-unavailable';
}

/** Redis refuses writes because the disk of its append-only file is full. */
export class QueueFullError extends QueueUnavailableError {}

/** Converts any error of a Redis command to QueueUnavailableError, and that of a full disk to QueueFullError. */
export async function asQueueUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw isDiskFull(error)
      ? new QueueFullError("the disk of Redis's append-only file is full", { cause: error })
      : new QueueUnavailableError('the Redis command failed', { cause: error });
  }
}

function isDiskFull(error: unknown): boolean {
  // A transaction reports the errors of its commands beside its own.
  const { message = '', previousErrors = [] } = error as { message?: string; previousErrors?: unknown[] };
  return /MISCONF.*No space left/i.test(message) || previousErrors.some(isDiskFull);
}
