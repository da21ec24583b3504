import { mayHaveSucceeded } from './api-error';
import { followStates } from './event-stream';
import { withRetries } from './retry';
import { type CallOptions, type ClientOptions, Transport } from './transport';

/** Transport and event streams, for the methods of every resource. */
export abstract class ClientBase {
  protected readonly transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.transport = new Transport(options);
  }

  protected follow<T>(path: string, isFinal: (state: T) => boolean, { signal }: CallOptions): AsyncGenerator<T> {
    const open = (lastEventId: string | undefined) =>
      this.transport.sendOnce({ path: `${path}/events`, headers: { 'Last-Event-ID': lastEventId }, signal });
    return followStates<T>({ open, isFinal, retry: this.transport.retry, signal });
  }

  protected retry<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    return withRetries(this.transport.retry, signal, attempt);
  }
}

/** Adds the idempotency key to the error of a creation with unknown outcome, so that the caller can repeat it. */
export async function attachKeyToError<T>(idempotencyKey: string, creation: Promise<T>): Promise<T> {
  try {
    return await creation;
  } catch (error) {
    if (mayHaveSucceeded(error)) error.idempotencyKey = idempotencyKey;
    throw error;
  }
}
