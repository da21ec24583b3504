import { type KeyChange, type KeyEntries, type KeyRing, type Logger, Periodic, compareKeys, hashApiKey, parseApiKeys } from '@cytoqueue/runtime';
import {
  type CreatedKey, type DamageReport, ObjectCorruptError, ObjectKeys, type ObjectStore, ObjectUnreadableError, VersionedDocument, keysFileShape, listAll, tenantKeysShape,
} from '@cytoqueue/storage';

/** A new or deleted key counts in every process after this time and one reading of the store: well within ten seconds. */
const READ_EVERY_MS = 5_000;

export interface StoredKeysServices {
  store: ObjectStore;
  ring: KeyRing;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  damage: Pick<DamageReport, 'report'>;
  /** Called with what changed in the operators' keys file after the start. */
  onFileChange?: (change: KeyChange) => void;
}

interface TenantVersion {
  number: number;
  keys: readonly CreatedKey[];
}

/**
 * Keeps the ring's keys as the object store has them: the operators' keys file and one document per tenant of the keys that its
 * admins created. One listing tells which documents have a new version, and only those are read. While the store does not answer,
 * or a document is damaged, the keys before stay in force.
 */
export class StoredKeys {
  private readonly polling: Periodic;
  private readonly keysFile: VersionedDocument<{ tenants: object[] }>;
  private fileNumber = 0;
  private tenants = new Map<string, TenantVersion>();
  private reading: Promise<void> = Promise.resolve();
  private hasRead = false;
  private fault = '';
  private loggedConflicts = '';

  constructor(private readonly services: StoredKeysServices) {
    const { store, logger } = services;
    this.keysFile = new VersionedDocument(store, ObjectKeys.keysFilePrefix, keysFileShape);
    this.polling = new Periodic({ name: 'stored keys', everyMs: READ_EVERY_MS, turn: () => this.poll(), logger });
  }

  /** Resolves after the first reading. A store that does not answer then is asked again; the service is not ready meanwhile. */
  async start(): Promise<void> {
    await this.poll();
    this.polling.start();
  }

  stop(): Promise<void> {
    return this.polling.stop();
  }

  documentOf(tenant: string): VersionedDocument<{ keys: CreatedKey[] }> {
    return new VersionedDocument(this.services.store, ObjectKeys.tenantKeysPrefix(tenant), tenantKeysShape);
  }

  /** Reads what has a new version; one reading begins after the other has ended, so that none brings back an older state. */
  refresh(): Promise<void> {
    const next = this.reading.then(() => this.readChanges());
    this.reading = next.catch(() => undefined);
    return next;
  }

  private async poll(): Promise<void> {
    try {
      await this.refresh();
      this.fault = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.fault) this.services.logger.error({ err: error }, 'the stored keys cannot be read; the keys before stay in force');
      this.fault = message;
    }
  }

  private async readChanges(): Promise<void> {
    const newest = await this.newestNumbers();
    await this.readKeysFile(newest.get(undefined) ?? 0);
    this.hasRead = true;
    const names = new Set([...this.tenants.keys(), ...newest.keys()].filter((name) => name !== undefined));
    const changed = [...names].filter((tenant) => (newest.get(tenant) ?? 0) !== this.tenants.get(tenant)?.number);
    if (changed.length === 0) return;
    for (const tenant of changed) await this.readTenant(tenant, newest.get(tenant) ?? 0);
    const tenants = [...this.tenants].map(([id, { keys }]) => ({ id, keys: keys.map(toEntry) }));
    this.services.ring.replace({ tenants }, 'api');
    this.logConflicts();
  }

  /** By tenant; that of the operators' file by undefined. */
  private async newestNumbers(): Promise<Map<string | undefined, number>> {
    const newest = new Map<string | undefined, number>();
    for await (const { key } of listAll(this.services.store, ObjectKeys.accessPrefix)) {
      const version = ObjectKeys.parseAccessKey(key);
      if (version !== undefined) newest.set(version.tenant, Math.max(version.number, newest.get(version.tenant) ?? 0));
    }
    return newest;
  }

  private async readTenant(tenant: string, number: number): Promise<void> {
    await this.unlessDamaged(ObjectKeys.tenantKeysPrefix(tenant), async () => {
      const { value } = await this.documentOf(tenant).open(number);
      if (number === 0) this.tenants.delete(tenant);
      else this.tenants.set(tenant, { number, keys: value?.keys ?? [] });
    });
  }

  private async readKeysFile(number: number): Promise<void> {
    if (number === this.fileNumber) return;
    const prefix = ObjectKeys.keysFilePrefix;
    await this.unlessDamaged(prefix, async () => {
      const text = JSON.stringify((await this.keysFile.open(number)).value ?? { tenants: [] });
      const keys = parseApiKeys(text, 'the keys file in the store');
      this.replaceKeysFile(keys, { number, digest: hashApiKey(`${number} ${text}`) });
    });
  }

  private replaceKeysFile(keys: KeyEntries, { number, digest }: { number: number; digest: string }): void {
    const { ring, logger, onFileChange } = this.services;
    const before = ring.fingerprints('store');
    ring.replace(keys, 'store');
    this.fileNumber = number;
    this.logConflicts();
    const change = { ...compareKeys(before, ring.fingerprints('store')), digest };
    logger.info({ added: change.added, removed: change.removed }, 'the keys file in the store was read');
    if (this.hasRead) onFileChange?.(change);
  }

  /** A document that cannot be used is reported once, keeps its keys and is read again with the next listing; the others go on. */
  private async unlessDamaged(item: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      const isOfDocument = error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError;
      if (!isOfDocument && (error as { code?: unknown }).code !== 'api-keys-error') throw error;
      this.services.damage.report(item, error);
    }
  }

  private logConflicts(): void {
    const { ring, logger } = this.services;
    const conflicts = ring.conflicts.join();
    if (conflicts !== '' && conflicts !== this.loggedConflicts) logger.error({ conflicts: ring.conflicts }, 'keys are not in force: an earlier source has a key of the same name or hash');
    this.loggedConflicts = conflicts;
  }
}

function toEntry({ id, sha256, role, created_at, expires_at }: CreatedKey) {
  return { id, sha256, role, created_at, ...(expires_at === undefined ? {} : { expires_at }) };
}
