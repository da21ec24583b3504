export {
  InvalidKeyError,
  ObjectCorruptError,
  ObjectFormatError,
  ObjectMismatchError,
  ObjectNotFoundError,
  ObjectRangeError,
  ObjectUnreadableError,
  StoreFullError,
  StoreUnavailableError,
} from './errors';
export { allSettledOrThrow } from './all-settled-or-throw';
export { forEachConcurrently } from './for-each-concurrently';
export { checkKey } from './key-validation';
export { listAll, listFolders } from './listing';
export type { ByteRange, ListOptions, ListPage, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './object-store';
export { openStore } from './open-store';
export { withReadDeadline } from './read-deadline';
export { writeChunks } from './streams/write-chunks';
export { undefinedIfMissing } from './undefined-if-missing';
export { type StoreFinding, type StoreReason, toStoreFinding } from './store-finding';
