export { advanceVirtualClock } from './jobs/fair-share';
export { JobConsumer, type JobConsumerOptions, PostponeError } from './jobs/job-consumer';
export { type BatchWork, JobProducer } from './jobs/job-producer';
export { type JobState } from './jobs/job-state';
export { type PredictionQueue } from './jobs/prediction-queue';
export {
  CANARY_TENANT,
  type FinalizeJob,
  jobIds,
  jobOptions,
  MAX_GROUP_RECORDS,
  type PredictionGroupJob,
  type PredictionJob,
  type QueueName,
  queueNames,
  REDIS_PREFIX,
  type RowEvidenceJob,
  type ShardJob,
  type TrainingJob,
  workerOptions,
} from './jobs/job-types';
export { KeyUpkeep, type UpkeepResult } from './jobs/key-upkeep';
export { type Change, ChangeSubscriber, publishChange } from './redis/changes';
export { createProducerConnection, createWorkerConnection } from './redis/connection';
export { asQueueUnavailable, QueueFullError, QueueUnavailableError } from './redis/errors';
export { tryAcquireLease } from './redis/lease';
export { probeRedis, type RedisFinding, type RedisReason } from './redis/probe-redis';
export { runWithLease } from './redis/run-with-lease';
export { BacklogReader, type QueueBacklog } from './stats/backlog';
export { readBacklogHistory, recordBacklog } from './stats/backlog-history';
export { CounterOutbox, type OutboxEntry } from './stats/counter-outbox';
export { type CounterValues, MinuteCounters, type RecentCounters } from './stats/minute-counters';
export { BatchProgress, type LiveProgress, type ProgressCounts } from './stats/progress';
export { readThroughput, STALLED_AFTER_MS, type Throughput, throughputAt } from './stats/throughput';
export { readWorkers, type SeenWorker, WORKER_EXPIRY_SECONDS, WorkerHeartbeat } from './stats/worker-heartbeat';
export { type Job, UnrecoverableError } from 'bullmq';
