/** The JSON documents in the object store. Most members are in snake case, because the API returns several documents unchanged. */
import type { ClassNames } from '@cytoqueue/schema';
import type { AgreementDocument } from '../agreement';

/** A model version, fixed when the request was accepted. */
export interface ModelPin {
  name: string;
  version: string;
  digest: string;
}

export type OperatingPointName = 'default' | 'sensitivity99';

/** `predictions/{id}/request.json` */
export interface PredictionRequest {
  id: string;
  created_at: string;
  sample_id?: string;
  model: ModelPin;
  operating_point: OperatingPointName;
  /** By canonical name; null = not measured. */
  features: Record<string, number | null>;
  /**
   * SHA-256 in hex of the idempotency key of the request, by which the key's claim is deleted with the record. Absent without
   * a key, and in records of earlier releases.
   */
  idempotency_sha256?: string;
}

export interface NeighborDocument {
  /** 1-based data row of the training file. */
  training_row: number;
  class: string;
  distance: number;
  features: Record<string, number | null>;
}

export interface PredictionResult {
  predicted_class: string;
  /** 0..1; of models of benign and malignant records. */
  probability_malignant?: number;
  /** 0..1, and the class that it is about; of models with other classes. */
  probability_positive?: number;
  positive_class?: string;
  operating_point: { name: OperatingPointName; threshold: number };
  outcome: 'confident' | 'indeterminate';
  reasons: string[];
  missing_features: string[];
  neighbors: NeighborDocument[];
  /** As the classifier's explainer returns it. */
  evidence: {
    conformal: object | null;
    shapley: object;
    missing: object | null;
    flip: object | null;
    unusual?: object | null;
    approximated?: readonly string[];
  };
}

/** `predictions/{id}/result.json`, written once: the first write is final. */
export type PredictionCompletion =
  /**
   * `format` defaults to 1. Raise it when the result or its evidence changes, so that redelivery across releases raises no alarm. `id`
   * tells whose result it is; absent in format 1.
   */
  | { status: 'succeeded'; result: PredictionResult; format?: number; id?: string }
  | { status: 'failed'; error: { code: string; detail: string } }
  | { status: 'canceled' };

/** `batches/{id}/evidence/17.json`: of one row, at the batch's model and operating point. */
export type RowEvidenceDocument = Pick<PredictionResult, 'neighbors' | 'evidence'>;

/** A byte range with complete rows, of the file that holds the batch's rows. */
export interface ShardRange {
  offset: number;
  length: number;
  /** 1-based data row. */
  firstRow: number;
  rows: number;
  /** 1-based line of the file in which it begins. Absent in documents of earlier releases. */
  firstLine?: number;
  /** Checksum of these bytes, to refuse input that changed in the store. Absent in documents of earlier releases. */
  crc32?: number;
}

export interface BatchOptions {
  on_error: 'continue' | 'abort';
  formulas: 'escape' | 'keep';
  operating_point: OperatingPointName;
  /** `reject`: rows with a missing value are not scored. */
  missing: 'partial' | 'reject';
  /** Add evidence columns. */
  explain: boolean;
}

/** Size and column positions of a canonical file; see CanonicalColumns of packages/tabular. */
export interface CanonicalFile {
  bytes: number;
  features: number[];
  sources: number[];
  id: number | null;
  label: number | null;
  line: number;
  fault: number;
}

/** The member `import` of a batch; see ImportReport of packages/tabular. */
export interface ImportDocument {
  container: string;
  encoding: string | null;
  delimiter: string | null;
  decimal: '.' | ',';
  header_line: number | null;
  sheet: string | null;
  skipped_rows: { empty: number; repeated_header: number; title: number; second_header: number };
  repairs: { code: string; detail: string }[];
  canonical_sha256: string;
  profile: { name: string; sha256: string } | null;
}

export interface ImportWarningDocument {
  code: string;
  detail: string;
  row?: number;
  line?: number;
  column?: string;
}

/** `batches/{id}/batch.json` */
export interface BatchDocument {
  id: string;
  created_at: string;
  filename: string | null;
  model: ModelPin;
  options: BatchOptions;
  input: {
    bytes: number;
    sha256: string;
    dialect: { delimiter: ',' | ';' | '\t' | '|'; lineEnd: '\n' | '\r\n' | '\r'; bom: boolean };
    columns: string[];
    /** Where the first data row starts, in the file that holds the rows. */
    header_bytes: number;
    /** Describes `canonical.csv`, which holds the rows. Absent when the uploaded file itself holds them. */
    canonical?: CanonicalFile;
  };
  rows: number;
  shards: ShardRange[];
  /** How the file was read. Absent in documents of earlier releases, whose errors files have no row and line numbers. */
  import?: ImportDocument;
  /** The first hundred. */
  warnings?: ImportWarningDocument[];
  warnings_total?: number;
  /** The upload's import settings with the content of its profile, so that later changes of the profile have no effect. */
  import_settings?: { profile?: object; sheet?: string; charset?: string };
  /** Classes of the model, the positive one last. Absent for models of benign and malignant records. */
  labels?: ClassNames;
  /** The batch whose rows this batch scores again, and the model to compare with. */
  rescores?: { batch_id: string; model: ModelPin; operating_point: OperatingPointName };
}

export interface BatchCounts {
  total: number;
  pending: number;
  succeeded: number;
  rejected: number;
  failed: number;
}

/** How a batch's values compare with the model's training data. */
export interface DriftDocument {
  /** Absent in documents of earlier releases, as are the columns. */
  verdict?: 'like_training' | 'differs' | 'unlike_training' | 'too_few_rows';
  /** Effect sizes in standard deviations of the training data. */
  columns?: readonly { column: string; cause?: string; effect_size: number }[];
  /** Population stability index by feature; absent for features that are not grades and below 100 rows. */
  psi?: Readonly<Record<string, number>>;
  notes?: readonly { code: string; features: readonly string[]; text: string }[];
}

/**
 * `benign` and `malignant` add up to the scored rows, as do `confident_benign`, `confident_malignant` and `indeterminate`.
 * `missing_features` counts scored rows of any class.
 * For models with other classes `benign` counts the negative one and `malignant` the positive one.
 */
export interface BatchSummary {
  benign: number;
  malignant: number;
  indeterminate: number;
  missing_features: number;
  /** Absent if an earlier release has scored a part of the batch. */
  confident_benign?: number;
  confident_malignant?: number;
}

export interface FileDigest {
  bytes: number;
  sha256: string;
  /** The results are not an object of their own: `results.json` lists their parts. */
  composed?: true;
}

/** `runs/00001/results.json`: the parts of results that are not an object of their own. */
export interface ResultPartsDocument {
  /** The header row in Base64. */
  header: string;
  /** For each shard the number of bytes of its result rows, which are in its object. */
  shards: number[];
}

/** `runs/00001/manifest.json`, written last and once; the batch's status derives from the newest one. */
export interface ManifestDocument {
  run: number;
  status: 'succeeded' | 'completed_with_errors' | 'failed' | 'canceled';
  counts: BatchCounts;
  summary: BatchSummary;
  /** Absent when the run has no such file. */
  results?: FileDigest;
  errors?: FileDigest;
  /** For a rescored batch: the rows whose class has changed, and their number. */
  changes?: FileDigest;
  changed_rows?: number;
  /** Why the run failed, where its tenant has caused that. */
  error?: { code: string; detail: string };
  /** Absent in manifests of earlier releases if there were too few rows or the model has decimal features. */
  drift?: DriftDocument;
  /** For a file with a class column of the model's labels. Absent in manifests of earlier releases. */
  agreement?: AgreementDocument;
  /** Scored rows by tenths of the positive class's probability. Absent if an earlier release has scored a part of the batch. */
  probabilities?: readonly number[];
  /** 0-based. The frozen list of the run; for a run whose finalizer failed, every shard without an object. */
  failed_shards: number[];
}

/** `runs/00002/run.json`: a retry keeps the scored shards and scores the others. */
export interface RunDocument {
  run: number;
  opened_at: string;
  /** Totals of the shards kept from earlier runs. */
  kept: { counts: Pick<BatchCounts, 'succeeded' | 'rejected'>; summary: BatchSummary; shards: number };
}

/** `tenants/{tenant}/reviews/…/{id}`: what a second reader decided. Written once. */
export interface ReviewDocument {
  id: string;
  created_at: string;
  /** The reader's key. */
  key_id: string;
  /** A label of the model, `repeat` or `other`. */
  decision: string;
  note?: string;
}

/** `import-profiles/{tenant}/{name}.json`; see ImportProfile of packages/tabular. */
export interface ImportProfileDocument {
  columns?: Record<string, string>;
  header_line?: number;
  delimiter?: ',' | ';' | '\t' | '|' | ' ';
  decimal?: '.' | ',';
  encoding?: string;
  missing?: string[];
  sheet?: string;
}

/** `tenants/{tenant}/idempotency/{sha256}`: the resource that an idempotency key created and the hash of its request. */
export interface IdempotencyDocument {
  id: string;
  payload_sha256: string;
}

/** `models/{name}/promotions/00002.json`: who promoted which version to champion, and when. */
export interface Promotion {
  version: string;
  promoted_at: string;
  /** Tenant and key id, or the name of a command. */
  promoted_by: string;
}

/**
 * `models/{name}/champion.json` (the first champion) combined with the documents in `promotions/`. The history is oldest first;
 * its last entry is the champion.
 */
export interface ChampionDocument {
  version: string;
  history: Promotion[];
}

/** A figure of two versions on the same records: `difference` is `value` − `other`, with its paired 95 % interval. */
export interface ComparedFigure {
  value: number;
  other: number;
  difference: { value: number; low: number; high: number };
}

/** How a version compares with another one on the training records of one of them; see `compareModels` of packages/training. */
export interface ModelComparison {
  /** The other version, `name@version`, and its digest. */
  model: string;
  digest: string;
  /** The version, `name@version`, whose training records both were asked for. */
  records_of: string;
  records: number;
  folds: number;
  repetitions: number;
  sensitivity: ComparedFigure;
  specificity: ComparedFigure;
  auc: ComparedFigure;
  brier: ComparedFigure;
  /** Share of the records that are answered `confident`. */
  coverage: ComparedFigure;
}

/** `models/{name}/comparisons/{version}/00001.json`, and `comparisons.json` beside a model file. */
export interface ComparisonsDocument {
  /** Digest of the version that was compared. */
  digest: string;
  comparisons: ModelComparison[];
}

/** `shadow/settings/{name}/00001.json`: a version that scores batches beside the champion. */
export interface ShadowDocument {
  /** New with each version that is set, so that no count of an earlier one is added to it. */
  id: string;
  model: ModelPin;
  since: string;
  /** True when it was deleted. */
  ended: boolean;
}

/** `shadow/counts/{id}/{champion's version}/00001.json`: rows that both versions put into the same class, and others. */
export interface ShadowCountsDocument {
  agreed: number;
  disagreed: number;
  /** The last batches that were counted, so that none counts twice. */
  batches: string[];
}

/** `shadow/pending/{tenant}/{batch id}` */
export interface ShadowMarker {
  shadow_id: string;
}

/** A line of `audit/{tenant}/{id}`: actor, action and resource, without patient data. */
export interface AuditEvent {
  at: string;
  actor: { tenant: string; key_id: string } | { command: string };
  action: string;
  resource: string;
  outcome: 'done' | 'denied' | 'failed';
}

/** An API key that a tenant's admin created through the API. The key itself is not stored. */
export interface CreatedKey {
  id: string;
  /** Hex. */
  sha256: string;
  role: 'member' | 'operator' | 'admin';
  created_at: string;
  /** The id of the key that created it. */
  created_by: string;
  expires_at?: string;
  /** SHA-256 of the request's idempotency key and of its payload. */
  request?: { key_sha256: string; payload_sha256: string };
}

/** `settings/{tenant}/00001.json`: used where a record or upload names no model or operating point. */
export interface TenantSettings {
  /** `name@version`; null = the champion of the default model. */
  default_model: string | null;
  operating_point: OperatingPointName;
}

/** `access/tenants/{tenant}/00001.json` */
export interface TenantKeys {
  keys: CreatedKey[];
}

/** `access/keys-file/00001.json`: the content of an API_KEYS_FILE, which packages/runtime checks. */
export interface StoredKeysFile {
  tenants: object[];
}

/** `access/last-used/{tenant}.json`: the last day of use by key id, such as 2026-11-28 (UTC). */
export interface LastUsedDays {
  days: Record<string, string>;
}

/** `confirmations/{tenant}/entries/{id}`: the confirmed diagnosis of one prediction or row. No features and no sample id. */
export interface ConfirmationDocument {
  id: string;
  /** A prediction's id, or a batch's id and a row: `batch_….12`. */
  target: string;
  /** When the prediction or batch was accepted. */
  predicted_at: string;
  /** `name@version` */
  model: string;
  operating_point: OperatingPointName;
  predicted_class: string;
  probability_malignant?: number;
  probability_positive?: number;
  positive_class?: string;
  outcome: 'confident' | 'indeterminate';
  confirmed_class: string;
  /** A day: 2026-11-02. */
  confirmed_at: string;
}

/**
 * `confirmations/{tenant}/days/{day}/00001.json`: the entries whose target was accepted on one day, by id. Derived from the
 * entries alone, so the same entries give the same bytes in whatever order they came.
 */
export interface ConfirmedDay {
  confirmations: ConfirmationDocument[];
}

/**
 * Scored records of one model version and operating point that were accepted in one second, whose start is given in ms since 1970.
 * Earlier documents have the exact times.
 */
export type ScoredRecords = [
  acceptedMs: number,
  model: string,
  operatingPoint: string,
  confident: number,
  indeterminate: number,
];

/**
 * `scored/{tenant}/{day}.json`: the answers to records whose ids were made on one UTC day, and which of those records have no
 * answer yet. Derived from stored results: the same results give the same bytes once the day is closed.
 */
export interface ScoredDay {
  /** Up to this id every id is counted or `open`. */
  seen: { pred_: string; batch_: string };
  /** Counted ids after `seen`. */
  counted: string[];
  /** Unfinished ids; for a batch with its 0-based shards that have no result (none listed: all of them). */
  open: Record<string, number[]>;
  /** Ascending. */
  answers: ScoredRecords[];
  /** By `name@version`: index and number of the values in each bin of the model's ValueBins, ascending. Removed after 90 days. */
  histograms: Record<string, [bin: number, count: number][]>;
  /** No id of the day can appear or change any more. */
  closed: boolean;
}
