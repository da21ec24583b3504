import type { AuditEvent, BatchRecord, IdempotencyRecord, Manifest, PredictionEnd, PredictionRequest, RunRecord } from './documents';

type Kind = 'string' | 'number' | 'object' | 'array';
/** A kind of value, the members that an object must have, or the one shape that every item of a list has. */
type Described = Kind | { readonly [member: string]: Described } | readonly [Described];

/** What a document of this type must have: enough to tell a damaged one from a whole one. Further members may be there. */
export interface Shape<T extends object> {
  readonly described: Described;
  /** Only to infer the type. */
  readonly document?: T;
}

const model = { name: 'string', version: 'string', digest: 'string' } as const;
const shard = { offset: 'number', length: 'number', firstRow: 'number', rows: 'number' } as const;
const input = { bytes: 'number', sha256: 'string', dialect: 'object', columns: 'array', header_bytes: 'number' } as const;
const counts = { total: 'number', pending: 'number', succeeded: 'number', rejected: 'number', failed: 'number' } as const;
const summary = { benign: 'number', malignant: 'number', indeterminate: 'number', missing_features: 'number' } as const;
const kept = { counts: { succeeded: 'number', rejected: 'number' }, summary, shards: 'number' } as const;

export const batchRecordShape: Shape<BatchRecord> = {
  described: { id: 'string', created_at: 'string', model, options: 'object', input, rows: 'number', shards: [shard] },
};
export const manifestShape: Shape<Manifest> = { described: { run: 'number', status: 'string', counts, summary, failed_shards: ['number'] } };
export const runRecordShape: Shape<RunRecord> = { described: { run: 'number', opened_at: 'string', kept } };
export const failedShardsShape: Shape<number[]> = { described: ['number'] };
export const predictionRequestShape: Shape<PredictionRequest> = {
  described: { id: 'string', created_at: 'string', model, operating_point: 'string', features: 'object' },
};
export const predictionEndShape: Shape<PredictionEnd> = { described: { status: 'string' } };
export const idempotencyRecordShape: Shape<IdempotencyRecord> = { described: { id: 'string', payload_sha256: 'string' } };
export const auditEventShape: Shape<AuditEvent> = { described: { at: 'string', actor: 'object', action: 'string', resource: 'string', outcome: 'string' } };

export function hasShape<T extends object>(value: unknown, { described }: Shape<T>): value is T {
  return isAsDescribed(value, described);
}

function isAsDescribed(value: unknown, described: Described): boolean {
  if (typeof described === 'string') return kindOf(value) === described;
  if (isList(described)) return Array.isArray(value) && value.every((item) => isAsDescribed(item, described[0]));
  if (kindOf(value) !== 'object') return false;
  return Object.entries(described).every(([member, of]) => isAsDescribed((value as Record<string, unknown>)[member], of));
}

function isList(described: Exclude<Described, Kind>): described is readonly [Described] {
  return Array.isArray(described);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}
