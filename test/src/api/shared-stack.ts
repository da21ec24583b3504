import type { ContractClient } from '../support/contract-client';
import type { RunningStack } from '../support/stack-process';
import type { Role } from '@cytoqueue/runtime';

/** The stack of api.test.ts, which its test cases share. Each set of cases has tenants of its own. */
export interface SharedStack {
  readonly stack: () => RunningStack;
  readonly key: (tenant: string, role?: Role) => string;
  readonly connect: (tenant: string, role?: Role) => Promise<ContractClient>;
}

export const SHARD_ROWS = 1_000;
export const TENANTS = ['batches', 'one-shard', 'idempotency', 'operations', 'dry-run', 'records', 'record-list', 'models', 'client', 'retention'] as const;
