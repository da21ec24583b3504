export { UnrecoverableError, type Job } from 'bullmq';
export { BacklogReader, type QueueBacklog } from './backlog';
export { ChangeListener, publishChange } from './changes';
export { createProducerConnection, createWorkerConnection } from './connection';
export { Consumer, type ConsumerOptions, PostponedError } from './consumer';
export { advanceClock } from './fair-share';
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
  workerTimings,
} from './names';
export { type BatchWork, type JobState, Producer } from './producer';
export { type OutboxEntry, SumsOutbox } from './outbox';
export { WorkerPresence, readWorkers } from './presence';
export { type RedisFinding, type RedisReason, probeRedis } from './probe-redis';
export { BatchProgress, type LiveProgress, type ProgressCounts } from './progress';
export { MinuteSums, type RecentSums, type Sums } from './sums';
export { KeyUpkeep, type UpkeepResult } from './key-upkeep';
export { runWithLease } from './lease';
export { STALLED_AFTER_MS, type Throughput, readThroughput, throughputAt } from './throughput';
export { QueueUnavailableError, orUnavailable } from './unavailable';
export { takeTurn } from './turn-lock';
