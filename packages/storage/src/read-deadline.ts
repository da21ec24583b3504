import { Readable } from 'node:stream';
import { StoreUnavailableError } from './errors';
import type { ObjectStore } from './object-store';

/** Shorter than the timeouts of clients and proxies; leaves time for an S3 request after two timeouts of 5 s. */
const READ_DEADLINE_MS = 15_000;
const READS = [
  'get',
  'getWithTime',
  'getRange',
  'getStream',
  'head',
  'list',
  'listDescending',
  'checkWritable',
] as const;

type Read = (...args: unknown[]) => Promise<unknown>;

/**
 * Returns the store with a deadline for each read except `pipeTo`, because a call on a frozen network mount never returns. At
 * the deadline the read rejects with StoreUnavailableError; the call itself is not cancelled. For a stream the deadline covers
 * opening, not reading. Do not pass a buffer to `get` or `getRange`: a late call would still write to it.
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
  // No reader is left for a stream that opens after the deadline.
  reading.then(
    (result) => isLate && result instanceof Readable && result.destroy(),
    () => undefined,
  );
  return Promise.race([reading, tooLate]).finally(() => clearTimeout(timer));
}
