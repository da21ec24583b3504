import { Readable } from 'node:stream';
import { StoreUnavailableError } from './errors';
import type { ObjectStore } from './object-store';

/** More than an S3 request takes with its retries; less than clients and proxies wait. */
const READ_DEADLINE_MS = 15_000;
const READS = ['get', 'getRange', 'getStream', 'head', 'list', 'listDown', 'check'] as const;

type Read = (...args: unknown[]) => Promise<unknown>;

/**
 * The same store, whose reads fail when they take too long: calls on a frozen network mount never return, and whoever waits for
 * one would wait with it. The call itself cannot be ended. A stream must be opened in that time; how fast it is read is the
 * reader's affair. Not for callers that pass memory to read into, which a late call would still write to.
 * @throws StoreUnavailableError from each read
 */
export function withReadDeadline(store: ObjectStore, deadlineMs = READ_DEADLINE_MS): ObjectStore {
  const limited: Partial<Record<string, Read>> = {};
  for (const name of READS) {
    const read = store[name]?.bind(store) as Read | undefined;
    if (read !== undefined) limited[name] = (...args) => inTime(read(...args), deadlineMs);
  }
  return Object.assign(Object.create(store) as ObjectStore, limited);
}

async function inTime(reading: Promise<unknown>, deadlineMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new StoreUnavailableError(`the store did not answer within ${deadlineMs} ms`));
    }, deadlineMs);
  });
  // Nobody reads a stream that is opened too late.
  reading.then((result) => isLate && result instanceof Readable && result.destroy(), () => undefined);
  return Promise.race([reading, tooLate]).finally(() => clearTimeout(timer));
}
