import type { ContractClient } from '../support/contract-client';
import type { RunningStack } from '../support/stack-process';

/** The stack that the test cases of api.test.ts share. Each set of cases has separate tenants. */
export interface SharedStack {
  readonly stack: () => RunningStack;
  /** Key of an admin with platform rights. */
  readonly key: (tenant: Tenant) => string;
  readonly connect: (tenant: Tenant) => Promise<ContractClient>;
}

export const SHARD_ROWS = 1_000;
export const TENANTS = [
  'agreement',
  'batches',
  'one-shard',
  'idempotency',
  'operations',
  'dry-run',
  'records',
  'record-list',
  'models',
  'client',
  'formats',
  'retention',
  'rows',
  'confirmations',
  'third-schema',
  'own-models',
  'trainings',
  'other-tenant',
] as const;
export type Tenant = (typeof TENANTS)[number];
