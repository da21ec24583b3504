/** How a metric is counted: the state of a moment, a sum of what happened, or many values of which the distribution matters. */
export type MetricKind = 'gauge' | 'count' | 'values';

export type MetricUnit = 'Count' | 'Seconds' | 'Milliseconds' | 'Bytes' | 'None';

/** The dimension `Queue`; `all` for what belongs to no single one. */
export type MetricQueue = 'all' | 'predictions' | 'shards' | 'finalize';

/** The process that measures it, and exposes it to Prometheus. */
export type MetricSource = 'api' | 'worker' | 'both';

export interface Metric {
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  readonly source: MetricSource;
  /** One datum each. */
  readonly queues: readonly MetricQueue[];
  readonly meaning: string;
}

const gauge = (unit: MetricUnit, queues: readonly MetricQueue[], meaning: string) => ({ kind: 'gauge', source: 'api', unit, queues, meaning }) as const;
const inApi = <K extends MetricKind>(kind: K, unit: MetricUnit, meaning: string) => ({ kind, source: 'api', unit, queues: ['all'], meaning }) as const;
const inWorker = <K extends MetricKind>(kind: K, unit: MetricUnit, queue: MetricQueue, meaning: string) =>
  ({ kind, source: 'worker', unit, queues: [queue], meaning }) as const;

const inBoth = <K extends MetricKind>(kind: K, unit: MetricUnit, meaning: string) => ({ kind, source: 'both', unit, queues: ['all'], meaning }) as const;

/** Every metric there is. CloudWatch, Prometheus and the table in README.md are made from these entries. */
export const catalogue = {
  BacklogRows: gauge('Count', ['predictions', 'shards'], 'Rows in jobs that wait, are prioritised, delayed or active; a single record is one row'),
  BacklogJobs: gauge('Count', ['predictions', 'shards', 'finalize'], 'The same in jobs'),
  OldestJobAgeSeconds: gauge('Seconds', ['predictions', 'shards', 'finalize'], 'Age of the oldest of these jobs, 0 without any; of the end of a batch since its shards are done'),
  BacklogRowsPerWorker: gauge('Count', ['all'], 'The rows of the backlog over the workers alive; over one when none is'),
  DrainSeconds: gauge('Seconds', ['all'], 'How long the workers alive need for the backlog at their recent pace; when none is alive or nothing is finished: what one needs, and at least the age of the oldest job'),
  WorkersAlive: gauge('Count', ['all'], 'Workers heard of within the last 16 seconds'),
  HasBacklogWithoutWorkers: gauge('None', ['all'], '1 while there is backlog and no worker is alive, else 0'),
  RowsPredicted: inWorker('count', 'Count', 'shards', 'Rows of batches that were scored; each once, however often its shard was delivered'),
  RowsRejected: inWorker('count', 'Count', 'shards', 'Rows of batches that were bad input; each once'),
  PredictionsCompleted: inWorker('count', 'Count', 'predictions', 'Single records with a result; each once'),
  PredictionsFailed: inWorker('count', 'Count', 'predictions', 'Single records that failed for good'),
  PredictionQueueWait: inWorker('values', 'Milliseconds', 'predictions', 'From the acceptance of a single record until a worker took it'),
  PredictionLatency: inWorker('values', 'Milliseconds', 'predictions', 'From the acceptance of a single record until its result was stored'),
  ShardSeconds: inWorker('values', 'Seconds', 'shards', 'From reading a shard until its result was stored'),
  ShardsFailed: inWorker('count', 'Count', 'shards', 'Shards that failed for good; their rows are in the errors file'),
  JobsRetried: inWorker('count', 'Count', 'all', 'Deliveries of a job after its first: an attempt failed, its worker died, or the store was away'),
  ReconciledJobs: inWorker('count', 'Count', 'all', 'Records and batches that were accepted, could not finish by what was left in Redis, and were enqueued again'),
  ChecksumMismatches: inWorker('count', 'Count', 'all', 'Results that differed from the one already stored under their key, and stored objects that are damaged or cannot be read'),
  JobsRefused: inWorker('count', 'Count', 'all', 'Jobs without effect, for they were malformed or named a batch, run or shard that the store does not know'),
  UploadBytes: inApi('count', 'Bytes', 'Bytes of accepted uploads, unzipped'),
  CanaryLatency: inApi('values', 'Milliseconds', 'How long the test record with a known answer took through the real queue'),
  CanaryFailed: inApi('count', 'Count', 'Test records without an answer in time, or with a wrong one'),
  DependencyProbesFailed: inBoth('count', 'Count', 'Probes that found the object store or Redis unreachable, unsuitable or denying access; each process probes every 5 minutes, after a failure every 5 seconds'),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof catalogue;

type NamesOf<K extends MetricKind> = { [N in MetricName]: (typeof catalogue)[N]['kind'] extends K ? N : never }[MetricName];
export type GaugeName = NamesOf<'gauge'>;
export type CountName = NamesOf<'count'>;
export type ValuesName = NamesOf<'values'>;

export const metricNames = Object.keys(catalogue) as readonly MetricName[];

/** The value of a gauge for one queue. */
export interface Gauge {
  readonly name: GaugeName;
  readonly queue: MetricQueue;
  readonly value: number;
}
