import type { AuditEvent, BatchRecord, Champion, IdempotencyRecord, Manifest, PredictionEnd, PredictionRequest, Promotion, RunRecord } from './documents';

type Kind = 'string' | 'number' | 'object' | 'array';

/** The members that a document must have, and of which kind: enough to tell a damaged document from a whole one. */
export type Shape<T extends object> = { readonly [K in keyof T]?: Kind } | 'array';

export const batchRecordShape: Shape<BatchRecord> = { id: 'string', created_at: 'string', model: 'object', options: 'object', input: 'object', rows: 'number', shards: 'array' };
export const manifestShape: Shape<Manifest> = { run: 'number', status: 'string', counts: 'object', summary: 'object', failed_shards: 'array' };
export const runRecordShape: Shape<RunRecord> = { run: 'number', opened_at: 'string', kept: 'object' };
export const failedShardsShape: Shape<number[]> = 'array';
export const predictionRequestShape: Shape<PredictionRequest> = { id: 'string', created_at: 'string', model: 'object', operating_point: 'string', features: 'object' };
export const predictionEndShape: Shape<PredictionEnd> = { status: 'string' };
export const idempotencyRecordShape: Shape<IdempotencyRecord> = { id: 'string', payload_sha256: 'string' };
export const championShape: Shape<Champion> = { version: 'string', history: 'array' };
export const promotionShape: Shape<Promotion> = { version: 'string', promoted_at: 'string', promoted_by: 'string' };
export const auditEventShape: Shape<AuditEvent> = { at: 'string', actor: 'object', action: 'string', resource: 'string', outcome: 'string' };

export function hasShape<T extends object>(value: unknown, shape: Shape<T>): value is T {
  if (shape === 'array') return Array.isArray(value);
  if (kindOf(value) !== 'object') return false;
  const members = value as Record<string, unknown>;
  return Object.entries(shape).every(([name, kind]) => kindOf(members[name]) === kind);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}
