/** A Redis command failed or was not answered in time, or Redis has no memory for new work. Retryable. The command may have run. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
  readonly code = 'queue-unavailable';
}

/** Converts any error of a Redis command to QueueUnavailableError. */
export async function asQueueUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw new QueueUnavailableError('the Redis command failed', { cause: error });
  }
}
