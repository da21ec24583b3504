import type { JobsOptions } from 'bullmq';

/** Every key in Redis begins with this. */
export const REDIS_PREFIX = 'cytoqueue';

/** Clinicians' records have a queue of their own, so that they never stand behind a lab's shards. */
export const queueNames = { predictions: 'predictions', shards: 'shards', finalize: 'finalize' } as const;
export type QueueName = (typeof queueNames)[keyof typeof queueNames];

/** Whose records are test records with a known answer: in no tenant's list, and in no count but the canary's own. */
export const CANARY_TENANT = '_canary';

/**
 * Payloads hold ids only: features, names and file names stay in the object store.
 * `v` is the payload's version: a worker leaves a version that it does not know to one that does.
 */
export interface PredictionJob {
  v: 1;
  tenant: string;
  predictionId: string;
}
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
export interface FinalizeJob {
  v: 1;
  tenant: string;
  batchId: string;
  run: number;
}

/** Ids are functions of the work: adding the same work twice is adding it once. No `:` and never digits only (BullMQ). */
export const jobIds = {
  prediction: (predictionId: string): string => predictionId,
  shard: (batchId: string, run: number, shard: number): string => `${batchId}.${run}.${shard}`,
  finalize: (batchId: string, run: number): string => `${batchId}.${run}`,
};

const keepFinished = {
  removeOnComplete: { age: 3_600, count: 10_000 },
  removeOnFail: { age: 7 * 86_400, count: 10_000 },
};

export const jobOptions = {
  prediction: { ...keepFinished, attempts: 5, backoff: { type: 'exponential', delay: 200 } },
  /** The parent must hear of a child that failed for good, else it waits for ever. */
  shard: {
    ...keepFinished,
    attempts: 3,
    backoff: { type: 'exponential', delay: 1_000 },
    ignoreDependencyOnFailure: true,
  },
  finalize: { ...keepFinished, attempts: 10, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } },
} satisfies Record<string, JobsOptions>;

/**
 * How soon a job whose worker died is given to another. Three kills must not fail a job for good, and a clinician
 * must not wait a minute: hence the short lock of the predictions' queue.
 */
export const workerOptions = {
  predictions: { lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 3 },
  shards: { lockDuration: 60_000, stalledInterval: 15_000, maxStalledCount: 3 },
  finalize: { lockDuration: 60_000, stalledInterval: 15_000, maxStalledCount: 10 },
} as const;
