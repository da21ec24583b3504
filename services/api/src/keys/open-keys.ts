import { takeTurn } from '@cytoqueue/queue';
import { type Config, type KeyChange, KeyFile, KeyRing, type Logger, type Releasers, ensureLocalApiKey, parseApiKeys } from '@cytoqueue/runtime';
import type { DamageReport, ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { AuditLog } from '../http/audit';
import { LastUse } from './last-use';
import { StoredKeys } from './stored-keys';
import { TenantKeys } from './tenant-keys';

/** Within this time every process has seen a change of the keys file. */
const KEY_CHANGE_MS = 60_000;

export interface KeyServices {
  store: ObjectStore;
  logger: Logger;
  audit: AuditLog;
  damage: DamageReport;
  redis: Redis;
}

export interface Access {
  keys: KeyRing;
  tenantKeys: TenantKeys;
  lastUse: LastUse;
}

/**
 * The keys of the keys file or of API_KEYS, and those in the object store, which every process reads again within seconds.
 */
export async function openKeys(config: Config, services: KeyServices, releasers: Releasers): Promise<Access> {
  const { store, logger, damage } = services;
  const keys = await openFileKeys(config, services, releasers);
  const onFileChange = (change: KeyChange) => void auditChange(services, change);
  const stored = new StoredKeys({ store, ring: keys, logger, damage, onFileChange });
  await stored.start();
  releasers.push('stored keys', () => stored.stop());
  const lastUse = new LastUse(store, keys, logger);
  lastUse.start();
  releasers.push('last use of keys', () => lastUse.stop());
  return { keys, tenantKeys: new TenantKeys(keys, stored, lastUse), lastUse };
}

/** The keys file, read again as it changes; or the content of one in a variable, which does not change. */
async function openFileKeys({ apiKeysFile, apiKeys, dataDir }: Config, services: KeyServices, releasers: Releasers): Promise<KeyRing> {
  if (apiKeysFile === undefined && apiKeys !== undefined) return new KeyRing(parseApiKeys(apiKeys, 'API_KEYS'));
  const file = apiKeysFile ?? (await ensureLocalApiKey(dataDir)).apiKeysFile;
  const keyFile = await KeyFile.open({ file, logger: services.logger, onChange: (change) => void auditChange(services, change) });
  keyFile.start();
  releasers.push('keys', () => keyFile.stop());
  return keyFile.ring;
}

/** Of all processes that see a change of a keys file one notes it in the audit log. */
async function auditChange({ audit, redis }: KeyServices, { added, removed, digest }: KeyChange): Promise<void> {
  if (!(await takeTurn(redis, `keys:${digest}`, KEY_CHANGE_MS).catch(() => true))) return;
  noteKeys(audit, 'key.add', added);
  noteKeys(audit, 'key.remove', removed);
}

function noteKeys(audit: AuditLog, action: string, names: string[]): void {
  for (const [tenant = '', keyId] of names.map((name) => name.split('/'))) audit.note({ tenant, keyId: 'keys-file' }, action, `keys/${keyId}`);
}
