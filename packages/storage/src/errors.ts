/** Messages go to logs, so they never contain a body or a refused key. Accepted keys contain only tenants and ids. */

export class ObjectNotFoundError extends Error {
  override readonly name = 'ObjectNotFoundError';
  readonly code: string = 'OBJECT_NOT_FOUND';

  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`there is no object at ${key}`, options);
  }
}

/** A write-once key already holds different bytes. Not retryable. */
export class ObjectMismatchError extends Error {
  override readonly name = 'ObjectMismatchError';
  readonly code: string = 'OBJECT_MISMATCH';

  constructor(readonly key: string) {
    super(`${key} already holds different bytes`);
  }
}

/** The stored bytes differ from the bytes that were written. Not retryable. */
export class ObjectCorruptError extends Error {
  override readonly name = 'ObjectCorruptError';
  readonly code: string = 'OBJECT_CORRUPT';

  constructor(
    readonly key: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${key} is damaged: ${reason}`, options);
  }
}

/** Reads with a limit refuse an object that is far larger than what was written there. */
export function assertSize(key: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new ObjectCorruptError(key, `it has ${bytes} bytes, more than ${maxBytes}`);
}

/** The object is intact, but only a later release can read its format. */
export class ObjectFormatError extends Error {
  override readonly name = 'ObjectFormatError';
  readonly code: string = 'OBJECT_FORMAT';

  constructor(
    readonly key: string,
    format: number,
  ) {
    super(`${key} has format ${format}, which this release cannot read`);
  }
}

export class ObjectRangeError extends RangeError {
  override readonly name = 'ObjectRangeError';
  readonly code: string = 'OBJECT_RANGE';

  constructor(
    readonly key: string,
    range: { start: number; end: number },
  ) {
    super(`bytes ${range.start} to ${range.end} lie outside ${key}`);
  }
}

export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError';
  readonly code: string = 'INVALID_KEY';
}

/** The store cannot be reached or refuses the operation. Retryable. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
  readonly code: string = 'STORE_UNAVAILABLE';
}

/** The store works, but one object or folder cannot be read. Affects only the resource that it belongs to. */
export class ObjectUnreadableError extends StoreUnavailableError {
  override readonly name = 'ObjectUnreadableError';
  override readonly code = 'OBJECT_UNREADABLE';

  /** @param key the object's key, or the prefix of the keys in the folder */
  constructor(
    readonly key: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${key} cannot be read: ${reason}`, options);
  }
}

/** The store's disk or quota is full. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
  readonly code: string = 'STORE_FULL';
}
