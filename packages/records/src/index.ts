export {
  batchRowsKey,
  type ScoredShards,
  sumShardCounts,
  deletePending,
  isPending,
  readLatestRun,
  parseBatchDocument,
  listScoredShards,
  listUnscoredShards,
} from './batch-objects';
export {
  type Shape,
  auditEventShape,
  batchDocumentShape,
  championShape,
  failedShardsShape,
  idempotencyDocumentShape,
  importProfileShape,
  keysFileShape,
  lastUsedShape,
  manifestShape,
  predictionCompletionShape,
  predictionRequestShape,
  promotionShape,
  reviewShape,
  runDocumentShape,
  tenantKeysShape,
  tenantSettingsShape,
} from './documents/document-shapes';
export { DamageReport } from './damage-report';
export type * from './documents/documents';
export { createId, type IdPrefix, idTimeMs } from './ids';
export {
  type IndexedKind,
  type IndexedList,
  type Segment,
  idsByStatus,
  listSegments,
} from './status-index/status-index';
export { indexResources, markUnfinished, removeSegmentsBefore, repairStatusIndex } from './status-index/status-indexer';
export { listNewestFirst, type NewestFirstOptions } from './newest-first';
export { ObjectKeys } from './object-keys';
export { findDocument, parseDocument, readDocument } from './documents/read-document';
export { unsealDocument, sealDocument } from './documents/sealed-document';
export {
  SHARD_FAILED,
  SHARD_FORMAT,
  SHARD_HEADER_MAX_BYTES,
  decodeShardCounts,
  decodeShardObject,
  decodeShardHeader,
  emptyCounts,
  encodeShardObject,
  type ShardCounts,
  type ShardObject,
} from './shard-object';
export { DocumentChangedError, type DocumentVersion, VersionedDocument } from './documents/versioned-document';
export { type IndexDifference, compareSegment } from './status-index/status-index-check';
export { errorColumns } from './error-columns';
export { explainColumns } from './explain-columns';
