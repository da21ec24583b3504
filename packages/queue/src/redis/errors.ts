/** Redis did not answer a command in time. Retryable. The command may have run. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
  readonly code = 'queue-unavailable';
}

/** Converts any error of a Redis command to QueueUnavailableError. */
export async function asQueueUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw new QueueUnavailableError('Redis did not answer', { cause: error });
  }
}
