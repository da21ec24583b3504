import {
  type KeyChange,
  type KeyEntries,
  type ActiveKeys,
  type Logger,
  PeriodicTask,
  compareKeys,
  hashApiKey,
  parseApiKeys,
} from '@cytoqueue/runtime';
import {
  type CreatedKey,
  type DamageReport,
  ObjectKeys,
  VersionedDocument,
  keysFileShape,
  tenantKeysShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore, ObjectUnreadableError, listAll } from '@cytoqueue/storage';

/**
 * A change of keys takes effect in every process after this time and one read of the store: well within ten seconds.
 */
const POLL_INTERVAL_MS = 5_000;

export interface StoredKeysDeps {
  store: ObjectStore;
  ring: ActiveKeys;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  damage: Pick<DamageReport, 'report'>;
  /** Called with each change of the store's keys file after the start. */
  onFileChange?: (change: KeyChange) => void;
}

interface TenantVersion {
  number: number;
  keys: readonly CreatedKey[];
}

/**
 * Keeps the active keys up to date with the object store: the operators' keys file, and one document per tenant with
 * the keys that its admins created. One listing shows which documents have a new version, and only those are read.
 * While the store is unavailable or a document is damaged, its previous keys stay in force.
 */
export class StoredKeys {
  private readonly polling: PeriodicTask;
  private readonly keysFile: VersionedDocument<{ tenants: object[] }>;
  private fileNumber = 0;
  private tenants = new Map<string, TenantVersion>();
  private reading: Promise<void> = Promise.resolve();
  private hasRead = false;
  private lastFailure = '';
  private loggedConflicts = '';

  constructor(private readonly deps: StoredKeysDeps) {
    const { store, logger } = deps;
    this.keysFile = new VersionedDocument(store, ObjectKeys.keysFileFolder, keysFileShape);
    this.polling = new PeriodicTask({
      name: 'stored keys',
      intervalMs: POLL_INTERVAL_MS,
      run: () => this.poll(),
      logger,
    });
  }

  /**
   * Resolves after the first poll, even if the store is unavailable: polling continues and the service is not ready.
   */
  async start(): Promise<void> {
    await this.poll();
    this.polling.start();
  }

  stop(): Promise<void> {
    return this.polling.stop();
  }

  documentOf(tenant: string): VersionedDocument<{ keys: CreatedKey[] }> {
    return new VersionedDocument(this.deps.store, ObjectKeys.tenantKeysFolder(tenant), tenantKeysShape);
  }

  /** Reads documents with a new version. Reads run one after another, so that none restores an older state. */
  refresh(): Promise<void> {
    const next = this.reading.then(() => this.readChanges());
    this.reading = next.catch(() => undefined);
    return next;
  }

  private async poll(): Promise<void> {
    try {
      await this.refresh();
      this.lastFailure = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.lastFailure)
        this.deps.logger.error({ err: error }, 'the stored keys cannot be read; the previous keys stay in force');
      this.lastFailure = message;
    }
  }

  private async readChanges(): Promise<void> {
    const latest = await this.latestVersions();
    await this.readKeysFile(latest.get(undefined) ?? 0);
    this.hasRead = true;
    const names = new Set([...this.tenants.keys(), ...latest.keys()].filter((name) => name !== undefined));
    const changed = [...names].filter((tenant) => (latest.get(tenant) ?? 0) !== this.tenants.get(tenant)?.number);
    if (changed.length === 0) return;
    for (const tenant of changed) await this.readTenant(tenant, latest.get(tenant) ?? 0);
    const tenants = [...this.tenants].map(([id, { keys }]) => ({ id, keys: keys.map(toKeyEntry) }));
    this.deps.ring.replace({ tenants }, 'api');
    this.logConflicts();
  }

  /** The latest version by tenant; undefined stands for the operators' keys file. */
  private async latestVersions(): Promise<Map<string | undefined, number>> {
    const newest = new Map<string | undefined, number>();
    for await (const { key } of listAll(this.deps.store, ObjectKeys.accessFolder)) {
      const version = ObjectKeys.parseAccessKey(key);
      if (version !== undefined) newest.set(version.tenant, Math.max(version.number, newest.get(version.tenant) ?? 0));
    }
    return newest;
  }

  private async readTenant(tenant: string, number: number): Promise<void> {
    await this.reportIfDamaged(ObjectKeys.tenantKeysFolder(tenant), async () => {
      const { value } = await this.documentOf(tenant).open(number);
      if (number === 0) this.tenants.delete(tenant);
      else this.tenants.set(tenant, { number, keys: value?.keys ?? [] });
    });
  }

  private async readKeysFile(number: number): Promise<void> {
    if (number === this.fileNumber) return;
    const prefix = ObjectKeys.keysFileFolder;
    await this.reportIfDamaged(prefix, async () => {
      const text = JSON.stringify((await this.keysFile.open(number)).value ?? { tenants: [] });
      const keys = parseApiKeys(text, 'the keys file in the store');
      this.replaceKeysFile(keys, { number, digest: hashApiKey(`${number} ${text}`) });
    });
  }

  private replaceKeysFile(keys: KeyEntries, { number, digest }: { number: number; digest: string }): void {
    const { ring, logger, onFileChange } = this.deps;
    const before = ring.fingerprints('store');
    ring.replace(keys, 'store');
    this.fileNumber = number;
    this.logConflicts();
    const change = { ...compareKeys(before, ring.fingerprints('store')), digest };
    logger.info({ added: change.added, removed: change.removed }, 'the keys file in the store was read');
    if (this.hasRead) onFileChange?.(change);
  }

  /** Reports an unusable document once; its previous keys stay in force, and the next poll reads it again. */
  private async reportIfDamaged(item: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      const isOfDocument = error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError;
      if (!isOfDocument && (error as { code?: unknown }).code !== 'api-keys-error') throw error;
      this.deps.damage.report(item, error);
    }
  }

  private logConflicts(): void {
    const { ring, logger } = this.deps;
    const conflicts = ring.conflicts.join();
    if (conflicts !== '' && conflicts !== this.loggedConflicts)
      logger.error(
        { conflicts: ring.conflicts },
        'keys are ignored: a source with precedence has a key of the same name or hash',
      );
    this.loggedConflicts = conflicts;
  }
}

function toKeyEntry({ id, sha256, role, created_at, expires_at }: CreatedKey) {
  return { id, sha256, role, created_at, ...(expires_at === undefined ? {} : { expires_at }) };
}
