/** The JSON documents behind the object keys. Snake case: several fields go to clients as they are. */

/** One model version, fixed when a request was accepted. */
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
  /** Hex; of the idempotency key that made it, so that the key is forgotten with the record. Earlier releases wrote none. */
  idempotency_sha256?: string;
}

export interface NeighborDocument {
  /** 1-based data row of the training file. */
  training_row: number;
  class: 'benign' | 'malignant';
  distance: number;
  features: Record<string, number | null>;
}

export interface PredictionResult {
  predicted_class: 'benign' | 'malignant';
  /** 0..1 */
  probability_malignant: number;
  operating_point: { name: OperatingPointName; threshold: number };
  outcome: 'confident' | 'indeterminate';
  reasons: string[];
  missing_features: string[];
  neighbors: NeighborDocument[];
  /** Why the model says so, as the classifier's explainer gives it. */
  evidence: {
    conformal: object | null;
    shapley: object;
    missing: object | null;
    flip: object | null;
    unusual?: object | null;
  };
}

/** `predictions/{id}/result.json`, written once: whoever writes it first has decided how the prediction ended. */
export type PredictionCompletion =
  /** `format`: absent means 1. A release that changes the result or its evidence raises it, so that redelivery across releases is no alarm. */
  | { status: 'succeeded'; result: PredictionResult; format?: number }
  | { status: 'failed'; error: { code: string; detail: string } }
  | { status: 'canceled' };

/** A byte range of `input.csv`, cut at record boundaries. */
export interface ShardRange {
  offset: number;
  length: number;
  /** 1-based data row. */
  firstRow: number;
  rows: number;
  /** Of these bytes, so that a value that changed in the store is not scored. Earlier releases wrote none. */
  crc32?: number;
}

export interface BatchOptions {
  on_error: 'continue' | 'abort';
  formulas: 'escape' | 'keep';
  operating_point: OperatingPointName;
  /** `reject`: a row with any unmeasured feature is not scored. */
  missing: 'partial' | 'reject';
  /** Evidence as extra columns. */
  explain: boolean;
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
    /** Where the first data row starts. */
    header_bytes: number;
  };
  rows: number;
  shards: ShardRange[];
  /** The batch and model whose rows this one scores again, and compares with. */
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
  /** Population stability index by feature; of grades, from 100 rows on. */
  psi?: Readonly<Record<string, number>>;
  notes?: readonly { code: string; features: readonly string[]; text: string }[];
}

/** `indeterminate` and `missing_features` count scored rows and overlap the two classes. */
export interface BatchSummary {
  benign: number;
  malignant: number;
  indeterminate: number;
  missing_features: number;
}

export interface FileDigest {
  bytes: number;
  sha256: string;
}

/** `runs/00001/manifest.json`, written last and once; the batch's status derives from the newest one. */
export interface ManifestDocument {
  run: number;
  status: 'succeeded' | 'completed_with_errors' | 'failed' | 'canceled';
  counts: BatchCounts;
  summary: BatchSummary;
  /** Absent when the run left no such file. */
  results?: FileDigest;
  errors?: FileDigest;
  /** Of a batch that rescores another: the rows whose class is another now, and how many they are. */
  changes?: FileDigest;
  changed_rows?: number;
  /** Earlier releases left it out for too few rows to compare, and for models of decimal features. */
  drift?: DriftDocument;
  /** 0-based shards that exhausted their attempts. */
  failed_shards: number[];
}

/** `runs/00002/run.json`: a retry keeps what is finished and scores the rest. */
export interface RunDocument {
  run: number;
  opened_at: string;
  /** What the shards kept from earlier runs come to. */
  kept: { counts: Pick<BatchCounts, 'succeeded' | 'rejected'>; summary: BatchSummary; shards: number };
}

/** `tenants/{tenant}/reviews/…/{id}`: what a second reader decided. Written once. */
export interface ReviewDocument {
  id: string;
  created_at: string;
  /** Of the reader. */
  key_id: string;
  /** A label of the model, `repeat` or `other`. */
  decision: string;
  note?: string;
}

/** `tenants/{tenant}/idempotency/{sha256}`: which resource a key made, and from what. */
export interface IdempotencyDocument {
  id: string;
  payload_sha256: string;
}

/** `models/{name}/promotions/00002.json`: who made which version champion, and when. */
export interface Promotion {
  version: string;
  promoted_at: string;
  /** Tenant and key id, or what else may promote. */
  promoted_by: string;
}

/**
 * `models/{name}/champion.json` as it was first, with what `promotions/` has added since. The history is oldest first,
 * its last entry is the champion.
 */
export interface ChampionDocument {
  version: string;
  history: Promotion[];
}

/** A line of `audit/{tenant}/{id}`: who did what to what, without patient data. */
export interface AuditEvent {
  at: string;
  actor: { tenant: string; key_id: string } | { command: string };
  action: string;
  resource: string;
  outcome: 'done' | 'denied' | 'failed';
}

/** A key that a tenant's admin has created by API. The key itself is stored nowhere. */
export interface CreatedKey {
  id: string;
  /** Hex. */
  sha256: string;
  role: 'member' | 'operator' | 'admin';
  created_at: string;
  /** The id of the key that created it. */
  created_by: string;
  expires_at?: string;
  /** Of the request with an idempotency key: SHA-256 of that key and of what it asked for. */
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

/** `access/last-used/{tenant}.json`: by key id, such as 2026-11-28 (UTC). */
export interface LastUsedDays {
  days: Record<string, string>;
}
