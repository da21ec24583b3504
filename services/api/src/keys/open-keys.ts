import { tryAcquireLease } from '@cytoqueue/queue';
import {
  type Config,
  type KeyChange,
  ApiKeyFilePoller,
  ActiveKeys,
  type Logger,
  type CleanupStack,
  ensureLocalApiKey,
  parseApiKeys,
} from '@cytoqueue/runtime';
import type { DamageReport } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { AuditLog } from '../audit/audit-log';
import { LastUse } from './last-use';
import { StoredKeys } from './stored-keys';
import { TenantKeys } from './tenant-keys';

/** Longer than any process needs to see a change of the keys file. */
const KEY_CHANGE_LEASE_MS = 60_000;

export interface ApiKeyDeps {
  store: ObjectStore;
  logger: Logger;
  audit: AuditLog;
  damage: DamageReport;
  redis: Redis;
}

export interface ApiKeyAccess {
  keys: ActiveKeys;
  tenantKeys: TenantKeys;
  lastUse: LastUse;
}

/** Opens the keys of the keys file or API_KEYS and those in the object store, which every process polls. */
export async function openKeys(config: Config, deps: ApiKeyDeps, cleanups: CleanupStack): Promise<ApiKeyAccess> {
  const { store, logger, damage } = deps;
  const keys = await openFileKeys(config, deps, cleanups);
  const onFileChange = (change: KeyChange) => void auditChangeOnce(deps, change);
  const stored = new StoredKeys({ store, ring: keys, logger, damage, onFileChange });
  await stored.start();
  cleanups.push('stored keys', () => stored.stop());
  const lastUse = new LastUse(store, keys, logger);
  lastUse.start();
  cleanups.push('last use of keys', () => lastUse.stop());
  return { keys, tenantKeys: new TenantKeys(keys, stored, lastUse), lastUse };
}

/** Reads the keys file and watches it for changes, or reads the content of one from API_KEYS. */
async function openFileKeys(
  { apiKeysFile, apiKeys, dataDir }: Config,
  deps: ApiKeyDeps,
  cleanups: CleanupStack,
): Promise<ActiveKeys> {
  if (apiKeysFile === undefined && apiKeys !== undefined) return new ActiveKeys(parseApiKeys(apiKeys, 'API_KEYS'));
  const file = apiKeysFile ?? (await ensureLocalApiKey(dataDir)).apiKeysFile;
  const keyFile = await ApiKeyFilePoller.open({
    file,
    logger: deps.logger,
    onChange: (change) => void auditChangeOnce(deps, change),
  });
  keyFile.start();
  cleanups.push('keys', () => keyFile.stop());
  return keyFile.activeKeys;
}

/** Audits a change of the keys file in one of the processes that see it. */
async function auditChangeOnce({ audit, redis }: ApiKeyDeps, { added, removed, digest }: KeyChange): Promise<void> {
  if (!(await tryAcquireLease(redis, `keys:${digest}`, KEY_CHANGE_LEASE_MS).catch(() => true))) return;
  auditKeyChanges(audit, 'key.add', added);
  auditKeyChanges(audit, 'key.remove', removed);
}

function auditKeyChanges(audit: AuditLog, action: string, names: string[]): void {
  for (const [tenant = '', keyId] of names.map((name) => name.split('/')))
    audit.append({ tenant, keyId: 'keys-file' }, action, `keys/${keyId}`);
}
