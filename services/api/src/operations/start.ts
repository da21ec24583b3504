import { CloudWatchSender, Publisher } from '@cytoqueue/metrics';
import { type BatchProgress, type ChangeListener, type Producer, SumsOutbox } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import type { Config, Logger, Releasers } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { ApiMetrics } from './api-metrics';
import { Canary } from './canary';
import { QueueWatch } from './queue-status';
import { Reporter } from './reporter';

interface OperationsParts {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  progress: BatchProgress;
  changes: ChangeListener;
  redis: Redis;
  logger: Logger;
}

export interface Operations {
  queueWatch: QueueWatch;
  metrics: ApiMetrics;
}

/** What watches the service while it serves: figures, their report to CloudWatch when a namespace is set, and the canary. */
export function startOperations(config: Config, parts: OperationsParts, releasers: Releasers): Operations {
  const { redis, progress, logger } = parts;
  const queueWatch = new QueueWatch(redis, progress);
  const metrics = new ApiMetrics(redis, queueWatch, logger);
  if (config.cloudwatchNamespace !== undefined) startReporter(config, config.cloudwatchNamespace, queueWatch, parts, releasers);
  const canary = new Canary({ ...parts, metrics, everySeconds: config.canarySeconds });
  canary.start();
  releasers.push('canary', () => canary.stop());
  return { queueWatch, metrics };
}

function startReporter({ environment }: Config, namespace: string, watch: QueueWatch, { redis, logger }: OperationsParts, releasers: Releasers): void {
  const sender = new CloudWatchSender(namespace);
  releasers.push('cloudwatch', () => sender.stop());
  const outbox = new SumsOutbox(redis);
  const reporter = new Reporter({ redis, watch, outbox, publisher: new Publisher({ environment, figures: outbox, sender }), logger });
  reporter.start();
  releasers.push('reporter', () => reporter.stop());
}
