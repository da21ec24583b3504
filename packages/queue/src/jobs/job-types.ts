/*
 * Payloads contain only ids, tenant names and numbers of runs, shards and rows: features, patients' names and file
 * names stay in the object store. `v` is the payload version. A worker postpones versions that it does not support, for
 * a newer worker to take.
 */
import type { JobsOptions } from 'bullmq';

/** Prefix of every Redis key. */
export const REDIS_PREFIX = 'cytoqueue';

/** The predictions queue holds only single records and requested row evidence, so they never wait for shards. */
export const queueNames = {
  predictions: 'predictions',
  shards: 'shards',
  finalize: 'finalize',
  trainings: 'trainings',
} as const;
export type QueueName = (typeof queueNames)[keyof typeof queueNames];

/**
 * With 32, no more records were finished per second than with 16. Smaller groups divide better between workers.
 */
export const MAX_GROUP_RECORDS = 16;

/** Tenant of the canary's test records. They appear in no tenant's list and only in the canary's own metrics. */
export const CANARY_TENANT = '_canary';

/** Scores one record. */
export interface PredictionJob {
  v: 1;
  tenant: string;
  predictionId: string;
}
/**
 * Computes the evidence of one row of a batch, on the queue of single records. Earlier workers postpone
 * it.
 */
export interface RowEvidenceJob {
  v: 2;
  tenant: string;
  batchId: string;
  /** 1-based. */
  row: number;
}
/** Scores records of one tenant that were accepted together. Earlier workers postpone it. */
export interface PredictionGroupJob {
  v: 3;
  tenant: string;
  /** 2 to `MAX_GROUP_RECORDS`, all different. */
  predictionIds: string[];
}
/** Scores one shard of a batch. */
export interface ShardJob {
  v: 1;
  tenant: string;
  batchId: string;
  /** 1-based; a retry opens the next run. */
  run: number;
  /** 0-based position in `batch.json`. */
  shard: number;
  rows: number;
}
/** Completes a run once all of its shard jobs have ended. */
export interface FinalizeJob {
  v: 1;
  tenant: string;
  batchId: string;
  run: number;
}

/** Trains an own model. Earlier workers have no queue for it. */
export interface TrainingJob {
  v: 1;
  tenant: string;
  trainingId: string;
}

/** Ids are derived from the work, so adding it twice adds it once. BullMQ forbids `:` and ids of digits only. */
export const jobIds = {
  prediction: (predictionId: string): string => predictionId,
  /** Ends in the number of records. */
  predictionGroup: (predictionIds: readonly string[]): string => `${predictionIds[0]}.${predictionIds.length}`,
  rowEvidence: (batchId: string, row: number): string => `${batchId}.row${row}`,
  shard: (batchId: string, run: number, shard: number): string => `${batchId}.${run}.${shard}`,
  finalize: (batchId: string, run: number): string => `${batchId}.${run}`,
  training: (trainingId: string): string => trainingId,
};

const keepFinished = {
  removeOnComplete: { age: 3_600, count: 10_000 },
  removeOnFail: { age: 7 * 86_400, count: 10_000 },
};

export const jobOptions = {
  prediction: { ...keepFinished, attempts: 5, backoff: { type: 'exponential', delay: 200 } },
  /** Without ignoreDependencyOnFailure the finalizer would never start after a shard job has failed for good. */
  shard: {
    ...keepFinished,
    attempts: 3,
    backoff: { type: 'exponential', delay: 1_000 },
    ignoreDependencyOnFailure: true,
  },
  finalize: { ...keepFinished, attempts: 10, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } },
  /** A training waits for days of other work, so an outage must not use up its attempts. */
  training: { ...keepFinished, attempts: 12, backoff: { type: 'exponential', delay: 1_000 } },
} satisfies Record<string, JobsOptions>;

/**
 * Redelivery after a worker crash. Three crashes must not fail a job for good, and a clinician must not wait a minute,
 * hence the short lock of the predictions queue.
 */
export const workerOptions = {
  predictions: { lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 3 },
  shards: { lockDuration: 60_000, stalledInterval: 15_000, maxStalledCount: 3 },
  finalize: { lockDuration: 60_000, stalledInterval: 15_000, maxStalledCount: 10 },
  // Each redelivery goes on at the fold that the killed worker was in.
  trainings: { lockDuration: 60_000, stalledInterval: 15_000, maxStalledCount: 5 },
} as const;
