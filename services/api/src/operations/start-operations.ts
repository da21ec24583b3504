import { CloudWatchSender, CloudWatchPublisher } from '@cytoqueue/metrics';
import {
  type BatchProgress,
  type ChangeSubscriber,
  type JobProducer,
  CounterOutbox,
  QueueUnavailableError,
} from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import { type CleanupStack, type Config, type Logger, PeriodicTask } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { ApiMetrics } from './api-metrics';
import { Canary } from './canary';
import { QueueStatusReader } from './queue-status';
import { MetricsReporter } from './metrics-reporter';
import { OutdatedChampions } from './outdated-champions';

/** Each API process adds the present backlog to the history of the last hour this often. */
const HISTORY_INTERVAL_MS = 10_000;

interface OperationsDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: JobProducer;
  progress: BatchProgress;
  notifications: ChangeSubscriber;
  redis: Redis;
  logger: Logger;
}

export interface Operations {
  queueStatus: QueueStatusReader;
  metrics: ApiMetrics;
}

/** Starts the queue's history, metrics, their report to CloudWatch when a namespace is set, and the canary. */
export function startOperations(config: Config, deps: OperationsDeps, cleanups: CleanupStack): Operations {
  const { redis, progress, registry, logger } = deps;
  const queueStatus = new QueueStatusReader(redis, progress);
  const outdatedChampions = new OutdatedChampions(registry);
  const metrics = new ApiMetrics(redis, queueStatus, outdatedChampions, logger);
  if (config.cloudwatchNamespace !== undefined)
    startMetricsReporter(config, config.cloudwatchNamespace, { ...deps, queueStatus, outdatedChampions }, cleanups);
  const history = new PeriodicTask({
    name: 'backlog history',
    intervalMs: HISTORY_INTERVAL_MS,
    logger,
    run: () =>
      queueStatus.record().catch((error: unknown) => {
        // The log says elsewhere that Redis is unreachable.
        if (!(error instanceof QueueUnavailableError)) throw error;
      }),
  });
  history.start();
  cleanups.push('backlog history', () => history.stop());
  const canary = new Canary({ ...deps, metrics, intervalSeconds: config.canarySeconds });
  canary.start();
  cleanups.push('canary', () => canary.stop());
  return { queueStatus, metrics };
}

function startMetricsReporter(
  { environment }: Config,
  namespace: string,
  {
    redis,
    logger,
    queueStatus,
    outdatedChampions,
  }: Pick<OperationsDeps, 'redis' | 'logger'> & {
    queueStatus: QueueStatusReader;
    outdatedChampions: OutdatedChampions;
  },
  cleanups: CleanupStack,
): void {
  const sender = new CloudWatchSender(namespace);
  cleanups.push('cloudwatch', () => sender.stop());
  const outbox = new CounterOutbox(redis);
  const reporter = new MetricsReporter({
    redis,
    queueStatus,
    outdatedChampions,
    outbox,
    publisher: new CloudWatchPublisher({ environment, counters: outbox, sender }),
    logger,
  });
  reporter.start();
  cleanups.push('reporter', () => reporter.stop());
}
