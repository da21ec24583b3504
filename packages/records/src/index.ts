export {
  addAgreement,
  type AgreementCounts,
  type AgreementDocument,
  comparedRows,
  type ConfusionMatrix,
  emptyAgreement,
} from './agreement';
export {
  batchRowsKey,
  deletePending,
  isPending,
  listScoredShards,
  listUnscoredShards,
  parseBatchDocument,
  putPending,
  putPredictionPending,
  readLatestRun,
  readShardHeader,
  readShardRows,
  type ScoredShards,
  shardAt,
  shardKey,
  shardOfRow,
  sumShardCounts,
} from './batch-objects';
export { type ConfirmationChange, ConfirmationKeys } from './confirmation-keys';
export { DamageReport } from './damage-report';
export {
  auditEventShape,
  batchDocumentShape,
  championShape,
  comparisonsShape,
  confirmationShape,
  confirmedDayShape,
  failedShardsShape,
  idempotencyDocumentShape,
  importProfileShape,
  keysFileShape,
  lastUsedShape,
  manifestShape,
  predictionCompletionShape,
  predictionRequestShape,
  promotionShape,
  resultPartsShape,
  reviewShape,
  rowEvidenceShape,
  runDocumentShape,
  scoredDayShape,
  shadowCountsShape,
  shadowMarkerShape,
  shadowShape,
  type Shape,
  tenantKeysShape,
  tenantSettingsShape,
  trainingFoldShape,
  trainingResultShape,
  trainingShape,
  trainingVersionShape,
} from './documents/document-shapes';
export type * from './documents/documents';
export type * from './documents/training-documents';
export {
  findDocument,
  findTimedDocument,
  parseDocument,
  readDocument,
  readDocumentBytes,
} from './documents/read-document';
export { sealDocument, unsealDocument } from './documents/sealed-document';
export { putDocument, putCompletion, putDocumentOnce, putOrReadDocument } from './documents/write-document';
export { DocumentChangedError, type DocumentVersion, VersionedDocument } from './documents/versioned-document';
export { errorColumns } from './error-columns';
export { explainColumns } from './explain-columns';
export { TrainingKeys } from './training-keys';
export { decodeTrainingRows, encodeTrainingRows, type TrainingRows } from './training-rows';
export { createId, type IdPrefix, idAfter, idTimeMs } from './ids';
export { listNewestFirst, type NewestFirstOptions } from './newest-first';
export { modelDeletedError } from './model-deleted';
export { OWN_PREFIX } from './key-parts';
export { ObjectKeys } from './object-keys';
export {
  pickProbability,
  positiveClassOf,
  type ProbabilityFields,
  probabilityFields,
  probabilityOf,
} from './probability';
export { countProbabilities, emptyProbabilityBins, sumProbabilityBins } from './probability-bins';
export { RUN_FILE_NAMES, RunFile, type RunFileName } from './run-file';
export {
  addCounts,
  decodeShardCounts,
  decodeShardHeader,
  decodeShardObject,
  emptyCounts,
  encodeShardObject,
  maxShardBytes,
  SHARD_FAILED,
  SHARD_FORMAT,
  SHARD_HEADER_MAX_BYTES,
  summarize,
  type ShardCounts,
  type ShardObject,
} from './shard-object';
export {
  idsByStatus,
  type IndexedKind,
  type IndexedList,
  listSegments,
  type Segment,
} from './status-index/status-index';
export { compareSegment, type IndexDifference } from './status-index/status-index-check';
export { indexResources, markUnfinished, removeSegmentsBefore, repairStatusIndex } from './status-index/status-indexer';
