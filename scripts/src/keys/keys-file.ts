import {
  type ApiKeys,
  ApiKeysError,
  ConfigError,
  ensureLocalApiKey,
  loadApiKeys,
  loadConfig,
  parseApiKeys,
  saveApiKeys,
} from '@cytoqueue/runtime';
import { type AuditEvent, ObjectKeys, VersionedDocument, keysFileShape, tenantKeysShape } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import { auditCommand } from '../audit/audit-command';
import { EmptyStoreError, withStartedStore } from '../opened-store';
import type { Environment } from '../stack/launch';

export class UsageError extends Error {}

type Event = Pick<AuditEvent, 'action' | 'resource'>;

/** Location of an installation's keys. */
export interface KeysFile {
  /** Name in messages. */
  readonly place: string;
  /** Ids of a tenant's keys outside the file. */
  takenIds: (tenant: string) => Promise<readonly string[]>;
  /** Replaces the keys atomically. @param event called after the change, returns the audit event */
  change: (change: (keys: ApiKeys) => ApiKeys, event: () => Event) => Promise<void>;
}

type OpenStore = <T>(url: string, use: (store: ObjectStore) => Promise<T>) => Promise<T>;

/**
 * The named store or file, else API_KEYS_FILE, else the local stack's file, which must always contain the local key.
 */
export async function resolveKeysFile(
  environment: Environment,
  { file, store }: { file?: string; store?: string },
  openStoreAt: OpenStore = withStartedStore,
): Promise<KeysFile> {
  if (store !== undefined) return storedKeysFile(store, openStoreAt);
  if (file !== undefined) return localKeysFile(file);
  const { apiKeysFile, dataDir } = loadConfig(environment);
  return localKeysFile(apiKeysFile ?? (await ensureLocalApiKey(dataDir)).apiKeysFile);
}

/** A missing file has no keys. Running services apply a change within a second and audit it. */
function localKeysFile(file: string): KeysFile {
  return {
    place: file,
    takenIds: () => Promise.resolve([]),
    change: async (change) => saveApiKeys(file, parseApiKeys(JSON.stringify(change(await loadOrEmpty(file))), file)),
  };
}

/**
 * The keys file in the object store. Running services apply a change within ten seconds; concurrent changes are both
 * kept.
 */
function storedKeysFile(url: string, openStoreAt: OpenStore): KeysFile {
  const place = `the keys file in ${url}`;
  return {
    place,
    takenIds: (tenant) =>
      openStoreAt(url, async (store) => {
        const { value } = await new VersionedDocument(
          store,
          ObjectKeys.tenantKeysFolder(tenant),
          tenantKeysShape,
        ).read();
        return value?.keys.map(({ id }) => id) ?? [];
      }),
    change: (change, event) =>
      openStoreAt(url, async (store) => {
        await new VersionedDocument(store, ObjectKeys.keysFileFolder, keysFileShape).update(
          (before = { tenants: [] }) => {
            const keys = parseApiKeys(JSON.stringify(before), place);
            return parseApiKeys(JSON.stringify(change(keys)), place);
          },
        );
        await auditCommand(store, event());
      }),
  };
}

/** Prints the error, with a stack trace only for unexpected ones, and sets the exit code. */
export function reportFailure(error: unknown): void {
  const known =
    error instanceof UsageError ||
    error instanceof EmptyStoreError ||
    error instanceof ConfigError ||
    error instanceof ApiKeysError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}

async function loadOrEmpty(file: string): Promise<ApiKeys> {
  try {
    return await loadApiKeys(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { tenants: [] };
    throw error;
  }
}
