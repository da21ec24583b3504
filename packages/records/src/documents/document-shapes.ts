import type {
  AuditEvent,
  BatchDocument,
  ChampionDocument,
  ComparisonsDocument,
  ConfirmationDocument,
  ConfirmedDay,
  IdempotencyDocument,
  ImportProfileDocument,
  LastUsedDays,
  ManifestDocument,
  PredictionCompletion,
  PredictionRequest,
  Promotion,
  ResultPartsDocument,
  ReviewDocument,
  RowEvidenceDocument,
  RunDocument,
  ScoredDay,
  ShadowCountsDocument,
  ShadowDocument,
  ShadowMarker,
  StoredKeysFile,
  TenantKeys,
  TenantSettings,
} from './documents';
import type { TrainingDocument, TrainingFold, TrainingResult, TrainingVersion } from './training-documents';

type Kind = 'string' | 'number' | 'object' | 'array';
/** A kind of value, the required members of an object, or the shape of every item of a list. */
type ShapeDescription = Kind | { readonly [member: string]: ShapeDescription } | readonly [ShapeDescription];

/** The members that a document of this type must have, to detect damage. Further members are allowed. */
export interface Shape<T extends object> {
  readonly described: ShapeDescription;
  /** Only to infer the type. */
  readonly document?: T;
}

const model = { name: 'string', version: 'string', digest: 'string' } as const;
const shard = { offset: 'number', length: 'number', firstRow: 'number', rows: 'number' } as const;
const input = {
  bytes: 'number',
  sha256: 'string',
  dialect: 'object',
  columns: 'array',
  header_bytes: 'number',
} as const;
const counts = {
  total: 'number',
  pending: 'number',
  succeeded: 'number',
  rejected: 'number',
  failed: 'number',
} as const;
const summary = { benign: 'number', malignant: 'number', indeterminate: 'number', missing_features: 'number' } as const;
const kept = { counts: { succeeded: 'number', rejected: 'number' }, summary, shards: 'number' } as const;

export const batchDocumentShape: Shape<BatchDocument> = {
  described: { id: 'string', created_at: 'string', model, options: 'object', input, rows: 'number', shards: [shard] },
};
export const manifestShape: Shape<ManifestDocument> = {
  described: { run: 'number', status: 'string', counts, summary, failed_shards: ['number'] },
};
export const resultPartsShape: Shape<ResultPartsDocument> = {
  described: { header: 'string', shards: ['number'] },
};
export const runDocumentShape: Shape<RunDocument> = { described: { run: 'number', opened_at: 'string', kept } };
export const failedShardsShape: Shape<number[]> = { described: ['number'] };
export const predictionRequestShape: Shape<PredictionRequest> = {
  described: { id: 'string', created_at: 'string', model, operating_point: 'string', features: 'object' },
};
export const predictionCompletionShape: Shape<PredictionCompletion> = { described: { status: 'string' } };
export const rowEvidenceShape: Shape<RowEvidenceDocument> = { described: { neighbors: 'array', evidence: 'object' } };
export const idempotencyDocumentShape: Shape<IdempotencyDocument> = {
  described: { id: 'string', payload_sha256: 'string' },
};
export const reviewShape: Shape<ReviewDocument> = {
  described: { id: 'string', created_at: 'string', key_id: 'string', decision: 'string' },
};
export const auditEventShape: Shape<AuditEvent> = {
  described: { at: 'string', actor: 'object', action: 'string', resource: 'string', outcome: 'string' },
};
export const championShape: Shape<ChampionDocument> = { described: { version: 'string', history: 'array' } };
export const promotionShape: Shape<Promotion> = {
  described: { version: 'string', promoted_at: 'string', promoted_by: 'string' },
};
const figure = {
  value: 'number',
  other: 'number',
  difference: { value: 'number', low: 'number', high: 'number' },
} as const;
const comparison = {
  model: 'string',
  digest: 'string',
  sensitivity: figure,
  specificity: figure,
  auc: figure,
  brier: figure,
  coverage: figure,
} as const;
export const comparisonsShape: Shape<ComparisonsDocument> = {
  described: { digest: 'string', comparisons: [comparison] },
};
/** `ended` is a boolean. */
export const shadowShape: Shape<ShadowDocument> = { described: { id: 'string', model, since: 'string' } };
export const shadowCountsShape: Shape<ShadowCountsDocument> = {
  described: { agreed: 'number', disagreed: 'number', batches: ['string'] },
};
export const shadowMarkerShape: Shape<ShadowMarker> = { described: { shadow_id: 'string' } };
export const tenantKeysShape: Shape<TenantKeys> = {
  described: { keys: [{ id: 'string', sha256: 'string', role: 'string', created_at: 'string' }] },
};
/** `default_model` is a string or null. */
export const tenantSettingsShape: Shape<TenantSettings> = { described: { operating_point: 'string' } };
export const keysFileShape: Shape<StoredKeysFile> = { described: { tenants: ['object'] } };
export const lastUsedShape: Shape<LastUsedDays> = { described: { days: 'object' } };

const confirmation = {
  id: 'string',
  target: 'string',
  predicted_at: 'string',
  model: 'string',
  operating_point: 'string',
  predicted_class: 'string',
  outcome: 'string',
  confirmed_class: 'string',
  confirmed_at: 'string',
} as const;
export const confirmationShape: Shape<ConfirmationDocument> = { described: confirmation };
export const confirmedDayShape: Shape<ConfirmedDay> = { described: { confirmations: [confirmation] } };
export const scoredDayShape: Shape<ScoredDay> = {
  described: {
    seen: { pred_: 'string', batch_: 'string' },
    counted: ['string'],
    open: 'object',
    answers: ['array'],
    histograms: 'object',
  },
};
export const importProfileShape: Shape<ImportProfileDocument> = { described: {} };

/** `schema` is a string or an object. */
export const trainingShape: Shape<TrainingDocument> = {
  described: {
    id: 'string',
    created_at: 'string',
    name: 'string',
    label: 'string',
    seed: 'number',
    input: { bytes: 'number', sha256: 'string' },
    rows: 'number',
    complete_rows: 'number',
    features: 'number',
    classes: ['number'],
    rows_sha256: 'string',
    folds: 'number',
    repetitions: 'number',
  },
};
export const trainingFoldShape: Shape<TrainingFold> = {
  described: { probabilities: ['number'], confident: ['number'] },
};
export const trainingVersionShape: Shape<TrainingVersion> = { described: { version: 'string' } };
export const trainingResultShape: Shape<TrainingResult> = { described: { status: 'string', completed_at: 'string' } };

export function hasShape<T extends object>(value: unknown, { described }: Shape<T>): value is T {
  return matchesShape(value, described);
}

function matchesShape(value: unknown, described: ShapeDescription): boolean {
  if (typeof described === 'string') return kindOf(value) === described;
  if (isList(described)) return Array.isArray(value) && value.every((item) => matchesShape(item, described[0]));
  if (kindOf(value) !== 'object') return false;
  return Object.entries(described).every(([member, shape]) =>
    matchesShape((value as Record<string, unknown>)[member], shape),
  );
}

function isList(described: Exclude<ShapeDescription, Kind>): described is readonly [ShapeDescription] {
  return Array.isArray(described);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}
