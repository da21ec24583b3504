export { UnrecoverableError, type Job } from 'bullmq';
export { BacklogReader, type QueueBacklog } from './stats/backlog';
export { ChangeSubscriber, publishChange } from './redis/changes';
export { createProducerConnection, createWorkerConnection } from './redis/connection';
export { JobConsumer, type JobConsumerOptions, RetryLaterError } from './jobs/job-consumer';
export { advanceVirtualClock } from './jobs/fair-share';
export {
  CANARY_TENANT,
  type FinalizeJob,
  type PredictionJob,
  type QueueName,
  REDIS_PREFIX,
  type ShardJob,
  jobIds,
  jobOptions,
  queueNames,
  workerOptions,
} from './jobs/job-types';
export { type BatchWork, type JobState, JobProducer } from './jobs/job-producer';
export { type OutboxEntry, CounterOutbox } from './stats/counter-outbox';
export { WorkerHeartbeat, readAliveWorkers } from './stats/worker-heartbeat';
export { type RedisFinding, type RedisReason, probeRedis } from './redis/probe-redis';
export { BatchProgress, type LiveProgress, type ProgressCounts } from './stats/progress';
export { MinuteCounters, type RecentCounters, type CounterValues } from './stats/minute-counters';
export { KeyUpkeep, type UpkeepResult } from './jobs/key-upkeep';
export { runWithLease } from './redis/run-with-lease';
export { STALLED_AFTER_MS, type Throughput, readThroughput, throughputAt } from './stats/throughput';
export { QueueUnavailableError, asQueueUnavailable } from './redis/errors';
export { tryAcquireLease } from './redis/lease';
