import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** Key patterns of the data bucket by permission. `*` matches any characters, including `/`, as in IAM. */
export interface StorePermissions {
  readonly get: readonly string[];
  /** Includes multipart uploads and aborting them. */
  readonly put: readonly string[];
  readonly delete: readonly string[];
  /** Prefixes that may be listed. */
  readonly list: readonly string[];
}

/**
 * The API stores uploads and confirmed diagnoses, serves results, deletes expired objects, and stores the API keys that tenants create. It
 * promotes models (the first version of a name through `champion.json`) but cannot add or change one: workers add own versions.
 */
export const apiPermissions: StorePermissions = {
  get: [
    'tenants/*',
    'confirmations/*',
    'scored/*',
    'pending/*',
    'models/*',
    'own-models/*',
    'audit/*',
    'access/*',
    'settings/*',
    'import-profiles/*',
    'shadow/*',
    'probe/*',
  ],
  // The API cannot write the operators' keys file, access/keys-file/.
  put: [
    'tenants/*',
    'confirmations/*',
    'scored/*',
    'pending/*',
    'audit/*',
    'models/*/promotions/*',
    'models/*/champion.json',
    'own-models/*/promotions/*',
    'own-models/*/champion.json',
    'own-models/*/deleted/*',
    'access/tenants/*',
    'access/last-used/*',
    'settings/*',
    'import-profiles/*',
    'shadow/settings/*',
    'probe/*',
  ],
  delete: [
    'tenants/*',
    'own-models/*',
    'confirmations/*',
    'scored/*',
    'pending/*',
    'access/tenants/*',
    'settings/*',
    'import-profiles/*',
    'shadow/settings/*',
    'shadow/counts/*',
    'probe/*',
  ],
  list: [
    'tenants/*',
    'confirmations/*',
    'scored/*',
    'pending/*',
    'models/*',
    'own-models/*',
    'audit/*',
    'access/*',
    'settings/*',
    'import-profiles/*',
    'shadow/*',
    'probe/*',
  ],
};

/**
 * The worker reads inputs and models, writes results and the versions that it trains, deletes markers, and moves damaged
 * shard objects aside. The only
 * markers that it writes are those of retries, which it may have to restore.
 */
export const workerPermissions: StorePermissions = {
  get: [
    'tenants/*/batches/*',
    'tenants/*/predictions/*',
    'tenants/*/trainings/*',
    'models/*',
    'own-models/*',
    'shadow/*',
    'probe/*',
  ],
  put: [
    'tenants/*/predictions/*/result.json',
    'tenants/*/batches/*/shards/*',
    'tenants/*/batches/*/damaged/*',
    'tenants/*/batches/*/evidence/*',
    'tenants/*/batches/*/runs/*',
    'tenants/*/trainings/*/folds/*',
    'tenants/*/trainings/*/version.json',
    'tenants/*/trainings/*/result.json',
    'own-models/*/models/*',
    'pending/*/runs/*',
    'shadow/counts/*',
    'shadow/pending/*',
    'probe/*',
  ],
  // The result of a record that was deleted while it was being scored, a row's evidence, and what a canceled training has
  // stored likewise.
  delete: [
    'pending/*',
    'tenants/*/predictions/*/result.json',
    'tenants/*/batches/*/shards/*',
    'tenants/*/batches/*/evidence/*',
    'tenants/*/trainings/*',
    'own-models/*',
    'shadow/counts/*',
    'shadow/pending/*',
    'probe/*',
  ],
  list: [
    'tenants/*/batches/*',
    'tenants/*/trainings/*',
    'pending/*',
    'models/*',
    'own-models/*',
    'shadow/*',
    'probe/*',
  ],
};

/** Write-once keys, enforced by the bucket's policy. A cancel request (`cancel.json`) may be written again. */
export const writeOncePatterns: readonly string[] = [
  'tenants/*/predictions/*/result.json',
  'tenants/*/batches/*/shards/*',
  'tenants/*/batches/*/evidence/*',
  'tenants/*/trainings/*/result.json',
  ...['run', 'failed', 'manifest'].map((name) => `tenants/*/batches/*/runs/*/${name}.json`),
  ...['results', 'errors', 'changes'].map((name) => `tenants/*/batches/*/runs/*/${name}.csv`),
  'models/*',
  'audit/*',
  'confirmations/*/entries/*',
  'confirmations/*/days/*',
  'access/tenants/*',
  'access/keys-file/*',
  'settings/*',
  'shadow/settings/*',
  'shadow/counts/*',
];

export function storeStatements(bucket: IBucket, permissions: StorePermissions): PolicyStatement[] {
  const objects = (actions: string[], patterns: readonly string[]): PolicyStatement =>
    new PolicyStatement({ actions, resources: patterns.map((pattern) => bucket.arnForObjects(pattern)) });
  const listing = (sid: string, conditions: Record<string, unknown>): PolicyStatement =>
    new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions,
    });
  return [
    objects(['s3:GetObject'], permissions.get),
    objects(['s3:PutObject', 's3:AbortMultipartUpload'], permissions.put),
    objects(['s3:DeleteObject'], permissions.delete),
    listing('ListByPrefix', { StringLike: { 's3:prefix': permissions.list } }),
    // Without a prefix: needed for HeadBucket (health) and for 404 instead of 403 on absent objects.
    listing('AbsentIsNotForbidden', { Null: { 's3:prefix': 'true' } }),
  ];
}
