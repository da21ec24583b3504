/** No message holds a body or a refused key: these go to logs. Keys that were accepted name tenants and ids only. */

export class ObjectNotFoundError extends Error {
  override readonly name = 'ObjectNotFoundError';
  readonly code: string = 'OBJECT_NOT_FOUND';

  constructor(readonly key: string, options?: ErrorOptions) {
    super(`no object at ${key}`, options);
  }
}

/** A write-once key already holds other bytes. Writing again cannot help. */
export class ObjectMismatchError extends Error {
  override readonly name = 'ObjectMismatchError';
  readonly code: string = 'OBJECT_MISMATCH';

  constructor(readonly key: string) {
    super(`other bytes are already stored at ${key}`);
  }
}

/** Stored bytes are damaged: they are not what was written. Reading again cannot help. */
export class ObjectCorruptError extends Error {
  override readonly name = 'ObjectCorruptError';
  readonly code: string = 'OBJECT_CORRUPT';

  constructor(readonly key: string, reason: string, options?: ErrorOptions) {
    super(`${key} is damaged: ${reason}`, options);
  }
}

/** An intact object of a format that only a later release can read. */
export class ObjectFormatError extends Error {
  override readonly name = 'ObjectFormatError';
  readonly code: string = 'OBJECT_FORMAT';

  constructor(readonly key: string, format: number) {
    super(`${key} has format ${format}, which this release cannot read`);
  }
}

export class ObjectRangeError extends RangeError {
  override readonly name = 'ObjectRangeError';
  readonly code: string = 'OBJECT_RANGE';

  constructor(readonly key: string, range: { start: number; end: number }) {
    super(`bytes ${range.start} to ${range.end} are not inside ${key}`);
  }
}

export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError';
  readonly code: string = 'INVALID_KEY';
}

/** The store cannot be reached or does not do its work; trying again later can help. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
  readonly code: string = 'STORE_UNAVAILABLE';
}

/** One object or folder cannot be read although the store answers. Only the resource that it belongs to is affected. */
export class ObjectUnreadableError extends StoreUnavailableError {
  override readonly name = 'ObjectUnreadableError';
  override readonly code = 'OBJECT_UNREADABLE';

  /** @param key of the object, or the start of the keys in a folder */
  constructor(readonly key: string, reason: string, options?: ErrorOptions) {
    super(`${key} cannot be read: ${reason}`, options);
  }
}

/** No room left on the store's disk or in its quota. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
  readonly code: string = 'STORE_FULL';
}
