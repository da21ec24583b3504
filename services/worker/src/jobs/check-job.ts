/*
 * Checks jobs before they have any effect: the operators' queue board can write to Redis, and Redis may be damaged. A valid job
 * names only resources that the store has, and its results depend on the store alone, so even a forged one does no
 * harm.
 */
import {
  type FinalizeJob,
  type Job,
  MAX_GROUP_RECORDS,
  type RowEvidenceJob,
  type ShardJob,
  type TrainingJob,
  UnrecoverableError,
  jobIds,
} from '@cytoqueue/queue';
import { ObjectKeys, TrainingKeys, idTimeMs } from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
import type { BatchDocumentCache } from './batch-documents';

/** Stored in Redis as `failedReason` and read by workers of other releases, so it must stay the same. */
const REJECTED_PREFIX = 'job refused: ';
const MAX_RUN = 99_999;

/** Rejects a job without effect and without another attempt. */
export class InvalidJobError extends UnrecoverableError {
  constructor(
    readonly reason:
      | 'malformed'
      | 'unknown-batch'
      | 'unknown-training'
      | 'unknown-run'
      | 'unknown-shard'
      | 'unknown-row',
  ) {
    super(REJECTED_PREFIX + reason);
  }
}

/** Whether a job's `failedReason` says that it was rejected as invalid. */
export function wasRejected(failedReason: string | undefined): boolean {
  return failedReason?.startsWith(REJECTED_PREFIX) === true;
}

type Data = Record<string, unknown>;

/** Whether the payload is a prediction job of this version whose job id matches its content. */
export function isWellFormedPredictionJob({ id, data }: Job<unknown>): boolean {
  return isJobPayload(data) && isId('pred_', data['predictionId']) && id === jobIds.prediction(data['predictionId']);
}

export function isWellFormedPredictionGroupJob({ id, data }: Job<unknown>): boolean {
  if (!isJobPayload(data, 3)) return false;
  const { predictionIds } = data;
  if (!Array.isArray(predictionIds) || predictionIds.length < 2 || predictionIds.length > MAX_GROUP_RECORDS)
    return false;
  if (new Set(predictionIds).size !== predictionIds.length) return false;
  return predictionIds.every((one) => isId('pred_', one)) && id === jobIds.predictionGroup(predictionIds);
}

export function isWellFormedRowEvidenceJob({ id, data }: Job<unknown>): boolean {
  if (!isJobPayload(data, 2) || !isId('batch_', data['batchId']) || !isNatural(data['row'], 1)) return false;
  return id === jobIds.rowEvidence(data['batchId'], data['row']);
}

export function isWellFormedShardJob({ id, data }: Job<unknown>): boolean {
  if (!isJobPayload(data) || !isBatchJob(data) || !isNatural(data['shard'], 0) || !isNatural(data['rows'], 1))
    return false;
  const { batchId, run, shard } = data as unknown as ShardJob;
  return id === jobIds.shard(batchId, run, shard);
}

export function isWellFormedFinalizeJob({ id, data }: Job<unknown>): boolean {
  if (!isJobPayload(data) || !isBatchJob(data)) return false;
  const { batchId, run } = data as unknown as FinalizeJob;
  return id === jobIds.finalize(batchId, run);
}

export function isWellFormedTrainingJob({ id, data }: Job<unknown>): boolean {
  return isJobPayload(data) && isId('training_', data['trainingId']) && id === jobIds.training(data['trainingId']);
}

/** The job's id when it has the form of ours; another id may contain patient data and must not be logged. */
export function loggableId({ id }: Job<unknown>): string | undefined {
  return /^(pred|batch|training)_[0-9a-z]{26}(\.\d{1,5}|\.row\d{1,9}){0,2}$/.test(id ?? '') ? id : undefined;
}

function isJobPayload(data: unknown, version = 1): data is Data {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  const { v, tenant } = data as Data;
  return v === version && typeof tenant === 'string' && ObjectKeys.isTenant(tenant);
}

function isBatchJob({ batchId, run }: Data): boolean {
  return isId('batch_', batchId) && isNatural(run, 1) && run <= MAX_RUN;
}

function isId(prefix: 'pred_' | 'batch_' | 'training_', id: unknown): id is string {
  return typeof id === 'string' && idTimeMs(prefix, id) !== undefined;
}

function isNatural(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

/** @throws InvalidJobError unless the store has the tenant's batch, its run and the shard */
export async function checkShardJob(batchDocuments: BatchDocumentCache, job: ShardJob): Promise<void> {
  const { shards } = await checkFinalizeJob(batchDocuments, job);
  if (shards[job.shard]?.rows !== job.rows) throw new InvalidJobError('unknown-shard');
}

/** @throws InvalidJobError unless the store has the tenant's batch and the row */
export async function checkRowEvidenceJob(
  batchDocuments: BatchDocumentCache,
  { tenant, batchId, row }: RowEvidenceJob,
): Promise<void> {
  if (row > (await readAcceptedBatch(batchDocuments, tenant, batchId)).rows) throw new InvalidJobError('unknown-row');
}

/** @throws InvalidJobError unless the store has the tenant's batch and its run */
export async function checkFinalizeJob(
  batchDocuments: BatchDocumentCache,
  { tenant, batchId, run }: Pick<FinalizeJob, 'tenant' | 'batchId' | 'run'>,
) {
  const batch = await readAcceptedBatch(batchDocuments, tenant, batchId);
  if (!(await batchDocuments.hasRun(tenant, batchId, run))) throw new InvalidJobError('unknown-run');
  return batch;
}

function readAcceptedBatch(batchDocuments: BatchDocumentCache, tenant: string, batchId: string) {
  return batchDocuments.read(tenant, batchId).catch((error: unknown) => {
    throw error instanceof ObjectNotFoundError ? new InvalidJobError('unknown-batch') : error;
  });
}

/** @throws InvalidJobError unless the store has the tenant's training */
export async function checkTrainingJob(store: ObjectStore, { tenant, trainingId }: TrainingJob): Promise<void> {
  if ((await store.head(TrainingKeys.document(tenant, trainingId))) === undefined)
    throw new InvalidJobError('unknown-training');
}
