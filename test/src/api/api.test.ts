import { rmSync } from 'node:fs';
import { ContractClient } from '../support/contract-client';
import { type RunningStack, makeDataDir, startStack } from '../support/stack-process';
import { Tenants } from '../support/tenants';
import { batchCases } from './batch.test.cases';
import { clientCases } from './client.test.cases';
import { dryRunCases } from './dry-run.test.cases';
import { modelVersionCases } from './model-version.test.cases';
import { operationCases } from './operation.test.cases';
import { predictionCases } from './prediction.test.cases';
import { retentionCases } from './retention.test.cases';
import { SHARD_ROWS, type SharedStack, TENANTS } from './shared-stack';

const keysDir = makeDataDir();
let stack: RunningStack;
let tenants: Tenants;

const shared: SharedStack = {
  stack: () => stack,
  key: (tenant, role = 'admin') => tenants.key(tenant, role),
  connect: (tenant, role = 'admin') => ContractClient.connect(stack.url, tenants.key(tenant, role)),
};

beforeAll(async () => {
  tenants = await Tenants.create(keysDir, TENANTS);
  stack = await startStack({ SHARD_ROWS: String(SHARD_ROWS), WORKER_THREADS: '1', API_KEYS_FILE: tenants.file, INPUT_RETENTION_DAYS: '1' });
});

afterAll(async () => {
  await stack?.stop();
  rmSync(keysDir, { recursive: true });
});

describe('batches', () => {
  batchCases(shared);
});
describe('a dry run', () => {
  dryRunCases(shared);
});
describe('predictions', () => {
  predictionCases(shared);
});
describe('model versions', () => {
  modelVersionCases(shared);
});
describe('retention', () => {
  retentionCases(shared);
});
describe('the client package', () => {
  clientCases(shared);
});
describe('the OpenAPI document', () => {
  operationCases(shared);
});
