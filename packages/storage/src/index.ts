export { openStore } from './open-store';
export { withReadDeadline } from './read-deadline';
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
export { listFolders, listAll } from './listing';
export { type StoreFinding, type StoreReason, toStoreFinding } from './store-finding';
export type { ByteRange, ListOptions, ListPage, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './object-store';
export { checkKey } from './key-validation';
