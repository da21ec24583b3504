/** How a metric is counted: the state of a moment, a sum of what happened, or many values of which the distribution matters. */
export type MetricKind = 'gauge' | 'count' | 'values';

export type MetricUnit = 'Count' | 'Seconds' | 'Milliseconds' | 'Bytes' | 'None';

export interface Metric {
  kind: MetricKind;
  unit: MetricUnit;
  /** Whose figure it is: the dimension `Service`. */
  service: 'api' | 'worker';
  /** Values of the dimension `Queue`; one datum a value. */
  queues: readonly MetricQueue[];
  meaning: string;
  publisher: string;
}

export type MetricQueue = 'all' | 'predictions' | 'shards' | 'finalize';

const PUBLISHER = 'one elected API process, once a minute, at its start and stop';
const COUNTED = 'counted by the worker that did it, in Redis, with the bit that makes it count once; sent by the elected API process and by any process that stops';

const gauge = (unit: MetricUnit, queues: readonly MetricQueue[], meaning: string): Metric => ({ kind: 'gauge', unit, service: 'api', queues, meaning, publisher: PUBLISHER });
const work = (kind: MetricKind, unit: MetricUnit, queue: MetricQueue, meaning: string): Metric => ({
  kind, unit, service: 'worker', queues: [queue], meaning, publisher: COUNTED,
});

/** Every metric there is. CloudWatch, Prometheus, `GET /v1/queue` and the table in README.md are made from these entries. */
export const catalogue = {
  BacklogRows: gauge('Count', ['predictions', 'shards'], 'Rows in jobs that wait, are prioritised, put off and due again, or active; a record is one row'),
  BacklogJobs: gauge('Count', ['predictions', 'shards', 'finalize'], 'The same in jobs'),
  OldestJobAgeSeconds: gauge('Seconds', ['predictions', 'shards', 'finalize'], 'Age of the oldest of these jobs; 0 without any. Ending a batch: since its shards were done'),
  BacklogRowsPerWorker: gauge('Count', ['all'], 'All rows of the backlog over the workers alive, or over one when none is'),
  DrainSeconds: gauge('Seconds', ['all'], 'How long the workers alive, or one when none is, need for the backlog at the pace of late'),
  WorkersAlive: gauge('Count', ['all'], 'Workers that were heard of within 16 seconds'),
  HasBacklogWithoutWorkers: gauge('None', ['all'], '1 while there is backlog and no worker alive, else 0'),
  RowsPredicted: work('count', 'Count', 'shards', 'Rows of batches that were scored; each once, however often its shard was delivered'),
  RowsRejected: work('count', 'Count', 'shards', 'Rows of batches that were refused as bad input'),
  PredictionsCompleted: work('count', 'Count', 'predictions', 'Single records brought to their end'),
  PredictionQueueWait: work('values', 'Milliseconds', 'predictions', 'From the acceptance of a single record until a worker took it'),
  PredictionLatency: work('values', 'Milliseconds', 'predictions', 'From the acceptance of a single record until its result was stored'),
  ShardSeconds: work('values', 'Seconds', 'shards', 'From reading a shard to storing its result'),
  ShardsFailed: work('count', 'Count', 'shards', 'Shards that failed for good; their rows are in the errors file'),
  JobsRetried: work('count', 'Count', 'all', 'Deliveries of a job after its first: its attempt failed, its worker died, or the store was away'),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof catalogue;
