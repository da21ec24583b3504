/** Redis did not take or answer a command in time; trying again later can help. The command may have run all the same. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
  readonly code = 'queue-unavailable';
}

/** Gives every failure of a Redis command the one name that callers act on. */
export async function asQueueUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw new QueueUnavailableError('the queue did not answer', { cause: error });
  }
}
