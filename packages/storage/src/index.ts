export { type ScoredShards, countScoredShards, deletePending, isPending, newestRun, openBatchRecord, scoredShards, unscoredShards } from './batch-objects';
export { createObjectStore } from './create-object-store';
export {
  type Shape, auditEventShape, batchRecordShape, championShape, failedShardsShape, idempotencyRecordShape, keysFileShape, lastUsedShape, manifestShape,
  predictionEndShape, predictionRequestShape, promotionShape, runRecordShape, tenantKeysShape,
} from './document-shapes';
export { withReadDeadline } from './read-deadline';
export { DamageReport } from './damage-report';
export type * from './documents';
export {
  InvalidKeyError, ObjectCorruptError, ObjectFormatError, ObjectMismatchError, ObjectNotFoundError, ObjectRangeError, ObjectUnreadableError, StoreFullError,
  StoreUnavailableError,
} from './errors';
export { createId, type IdPrefix, idTimeMs } from './ids';
export { foldersBelow, listAll } from './listing';
export { type IndexedKind, type IndexedList, type Segment, idsByStatus, listSegments } from './status-index';
export { type IndexDifference, compareSegment } from './status-index-check';
export { indexResources, markOpen, removeSegmentsBefore, repairStatusIndex } from './status-indexer';
export { listNewestFirst, type NewestFirstOptions } from './newest-first';
export { ObjectKeys } from './object-keys';
export { type StoreFinding, type StoreReason, findingOf as storeFindingOf } from './store-finding';
export type {
  ByteRange, ListOptions, ListPage, ObjectBody, ObjectInfo, ObjectStore, PutOptions,
} from './object-store';
export { findDocument, parseDocument, readDocument } from './read-document';
export { openDocument, sealDocument } from './sealed-document';
export { SHARD_FORMAT, SHARD_HEAD_BYTES, decodeShardCounts, decodeShardObject, decodeShardHead, emptyCounts, encodeShardObject, type ShardCounts, type ShardObject } from './shard-object';
export { DocumentChangedError, type DocumentVersion, VersionedDocument } from './versioned-document';
