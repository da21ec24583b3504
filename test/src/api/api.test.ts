import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey, saveApiKeys } from '@cytoqueue/runtime';
import { ContractClient } from '../support/contract-client';
import { type RunningStack, makeDataDir, startStack } from '../support/stack-process';
import { agreementCases } from './agreement.test.cases';
import { batchCases } from './batch.test.cases';
import { clientCases } from './client.test.cases';
import { confirmationCases } from './confirmation.test.cases';
import { dryRunCases } from './dry-run.test.cases';
import { fileFormatCases } from './file-format.test.cases';
import { modelVersionCases } from './model-version.test.cases';
import { operationCases } from './operation.test.cases';
import { ownModelCases } from './own-model.test.cases';
import { predictionCases } from './prediction.test.cases';
import { retentionCases } from './retention.test.cases';
import { rowCases } from './row.test.cases';
import { SHARD_ROWS, type SharedStack, TENANTS, type Tenant } from './shared-stack';
import { trainingCases } from './training.test.cases';
import { thirdSchemaCases } from './third-schema.test.cases';

const keysDir = makeDataDir();
let stack: RunningStack;
const keys = new Map(TENANTS.map((tenant) => [tenant, createApiKey()]));
const key = (tenant: Tenant) => keys.get(tenant)?.key ?? '';

const shared: SharedStack = {
  stack: () => stack,
  key,
  connect: (tenant) => ContractClient.connect(stack.url, key(tenant)),
};

beforeAll(async () => {
  const file = join(keysDir, 'keys.json');
  const tenants = [...keys].map(([id, { sha256 }]) => ({
    id,
    keys: [{ id: 'k1', role: 'admin' as const, platform: true as const, sha256 }],
  }));
  await saveApiKeys(file, { tenants });
  stack = await startStack({
    SHARD_ROWS: String(SHARD_ROWS),
    WORKER_THREADS: '1',
    API_KEYS_FILE: file,
    INPUT_RETENTION_DAYS: '1',
  });
});

afterAll(async () => {
  await stack?.stop();
  rmSync(keysDir, { recursive: true });
});

describe('batches', () => {
  batchCases(shared);
});
describe('agreement with a class column', () => {
  agreementCases(shared);
});
describe('files of other formats', () => {
  fileFormatCases(shared);
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
describe('rows of a batch', () => {
  rowCases(shared);
});
describe('confirmed diagnoses', () => {
  confirmationCases(shared);
});
describe('a model with its own schema', () => {
  thirdSchemaCases(shared);
});
describe('own models', () => {
  ownModelCases(shared);
});
describe('trainings', () => {
  trainingCases(shared);
});
describe('the client package', () => {
  clientCases(shared);
});
describe('the OpenAPI document', () => {
  operationCases(shared);
});
