/** `gauge`: current state. `count`: number of events. `values`: a distribution. */
export type MetricKind = 'gauge' | 'count' | 'values';

export type MetricUnit = 'Count' | 'Seconds' | 'Milliseconds' | 'Bytes' | 'None';

/** The dimension `Queue`; `all` for metrics that belong to no single queue. */
export type MetricQueue = 'all' | 'predictions' | 'shards' | 'finalize' | 'trainings';

/** The process that measures the metric and exposes it to Prometheus. */
export type MetricSource = 'api' | 'worker' | 'both';

export interface Metric {
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  readonly source: MetricSource;
  /** One datum per queue. */
  readonly queues: readonly MetricQueue[];
  readonly meaning: string;
}

const gauge = (unit: MetricUnit, queues: readonly MetricQueue[], meaning: string) =>
  ({ kind: 'gauge', source: 'api', unit, queues, meaning }) as const;
const inApi = <K extends MetricKind>(kind: K, unit: MetricUnit, meaning: string) =>
  ({ kind, source: 'api', unit, queues: ['all'], meaning }) as const;
const inWorker = <K extends MetricKind>(kind: K, unit: MetricUnit, queue: MetricQueue, meaning: string) =>
  ({ kind, source: 'worker', unit, queues: [queue], meaning }) as const;

const inBoth = <K extends MetricKind>(kind: K, unit: MetricUnit, meaning: string) =>
  ({ kind, source: 'both', unit, queues: ['all'], meaning }) as const;

/** All metrics. CloudWatch data, Prometheus metrics and the table in README.md are generated from these entries. */
export const catalogue = {
  BacklogRows: gauge(
    'Count',
    ['predictions', 'shards'],
    'Rows in waiting, prioritised, delayed and active jobs; a single record is one row',
  ),
  BacklogJobs: gauge(
    'Count',
    ['predictions', 'shards', 'finalize', 'trainings'],
    'Number of these jobs; records that share a job count each',
  ),
  OldestJobAgeSeconds: gauge(
    'Seconds',
    ['predictions', 'shards', 'finalize', 'trainings'],
    'Age of the oldest of these jobs, 0 without jobs; a finalizer ages from the end of its last shard',
  ),
  BacklogRowsPerWorker: gauge(
    'Count',
    ['all'],
    'Backlog rows divided by the workers alive, or by one when none is alive',
  ),
  DrainSeconds: gauge(
    'Seconds',
    ['all'],
    'Time that the workers alive need for the backlog at their recent throughput; with no worker alive or no throughput: the time one worker needs, at least the age of the oldest job',
  ),
  WorkersAlive: gauge('Count', ['all'], 'Workers with a recent heartbeat, `alive` in `GET /v1/queue`'),
  HasBacklogWithoutWorkers: gauge('None', ['all'], '1 while there is a backlog and no worker is alive, otherwise 0'),
  OutdatedChampions: gauge(
    'Count',
    ['all'],
    'Models whose champion is older than the version that this release ships; looked up once a minute',
  ),
  SensitivityBelowModelCard: gauge(
    'Count',
    ['all'],
    'Tenants’ model versions and operating points whose confirmed sensitivity has an upper bound (95 %) below the lower bound in the model card, from 30 confirmed malignant cases on',
  ),
  RowsPredicted: inWorker(
    'count',
    'Count',
    'shards',
    'Batch rows scored; each counts once, however often its shard is delivered',
  ),
  RowsRejected: inWorker('count', 'Count', 'shards', 'Batch rows rejected as invalid input; each counts once'),
  PredictionsCompleted: inWorker('count', 'Count', 'predictions', 'Single records with a result; each counts once'),
  PredictionsFailed: inWorker('count', 'Count', 'predictions', 'Single records that failed for good'),
  PredictionQueueWait: inWorker(
    'values',
    'Milliseconds',
    'predictions',
    'Time from acceptance of a single record until a worker takes it',
  ),
  PredictionLatency: inWorker(
    'values',
    'Milliseconds',
    'predictions',
    'Time from acceptance of a single record until its result is stored',
  ),
  ShardSeconds: inWorker('values', 'Seconds', 'shards', 'Time from reading a shard until its result is stored'),
  ShardsFailed: inWorker('count', 'Count', 'shards', 'Shards that failed for good; their rows are in the errors file'),
  JobsRetried: inWorker(
    'count',
    'Count',
    'all',
    'Redeliveries of jobs: an attempt failed, a worker crashed, or the store was unavailable',
  ),
  ReconciledJobs: inWorker(
    'count',
    'Count',
    'all',
    'Accepted records and batches that the reconciler re-enqueued because Redis had lost their jobs',
  ),
  ChecksumMismatches: inWorker(
    'count',
    'Count',
    'all',
    'Results that differ from the result already stored, and stored objects that are damaged or unreadable',
  ),
  JobsRefused: inWorker(
    'count',
    'Count',
    'all',
    'Jobs dropped because they were malformed or their batch, run or shard is not in the store',
  ),
  ShadowRowsAgreed: inWorker(
    'count',
    'Count',
    'all',
    'Rows that a shadow version put into the same class as the version that scored their batch; exact counts are in GET /v1/models/{name}/shadow',
  ),
  ShadowRowsDisagreed: inWorker(
    'count',
    'Count',
    'all',
    'Rows that a shadow version put into another class than the version that scored their batch',
  ),
  UploadBytes: inApi('count', 'Bytes', 'Bytes of accepted uploads, after decompression'),
  ConfirmationsAccepted: inApi('count', 'Count', 'Confirmed diagnoses that were stored'),
  CanaryLatency: inApi(
    'values',
    'Milliseconds',
    'Time of the canary, a test record with a known answer, through the real queue',
  ),
  CanaryFailed: inApi('count', 'Count', 'Canary records with a late or wrong answer'),
  DependencyProbesFailed: inBoth(
    'count',
    'Count',
    'Probes that found the object store or Redis unreachable, unsuitable or denying access; each process probes every 5 minutes, and every 5 seconds after a failure',
  ),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof catalogue;

type NamesOf<K extends MetricKind> = {
  [N in MetricName]: (typeof catalogue)[N]['kind'] extends K ? N : never;
}[MetricName];
export type GaugeName = NamesOf<'gauge'>;
export type CounterName = NamesOf<'count'>;
export type DistributionName = NamesOf<'values'>;

export const metricNames = Object.keys(catalogue) as readonly MetricName[];

/** A gauge's value for one queue. */
export interface Gauge {
  readonly name: GaugeName;
  readonly queue: MetricQueue;
  readonly value: number;
}
