export { type ScoredShards, countScoredShards, deletePending, isPending, newestRun, openBatchRecord, scoredShards, unscoredShards } from './batch-objects';
export { createObjectStore } from './create-object-store';
export {
  type Shape, auditEventShape, batchRecordShape, failedShardsShape, idempotencyRecordShape, manifestShape, predictionEndShape, predictionRequestShape, runRecordShape,
} from './document-shapes';
export { DamageReport } from './damage-report';
export type * from './documents';
export {
  InvalidKeyError, ObjectCorruptError, ObjectFormatError, ObjectMismatchError, ObjectNotFoundError, ObjectRangeError, StoreFullError, StoreUnavailableError,
} from './errors';
export { createId, type IdPrefix, idTimeMs } from './ids';
export { listAll } from './listing';
export { listNewestFirst, type NewestFirstOptions } from './newest-first';
export { ObjectKeys } from './object-keys';
export type {
  ByteRange, ListOptions, ListPage, ObjectBody, ObjectInfo, ObjectStore, PutOptions,
} from './object-store';
export { findDocument, parseDocument, readDocument } from './read-document';
export { openDocument, sealDocument } from './sealed-document';
export { SHARD_FORMAT, decodeShardCounts, decodeShardObject, emptyCounts, encodeShardObject, type ShardCounts, type ShardObject } from './shard-object';
