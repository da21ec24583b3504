import { type ActiveKey, type ActiveKeys, type Role, createApiKey, isUnexpired } from '@cytoqueue/runtime';
import { type CreatedKey, ObjectKeys, createId } from '@cytoqueue/records';
import { ObjectNotFoundError } from '@cytoqueue/storage';
import { assertSamePayload } from '../tenants/idempotency';
import { Problem } from '../http/problem';
import type { LastUse } from './last-use';
import type { StoredKeys } from './stored-keys';

/** Keys per tenant created by API, because one document holds them all. */
const MAX_KEYS = 200;

export interface NewKeyRequest {
  id?: string;
  role: Role;
  expires_at?: string;
}

export interface ApiKeyResponse {
  id: string;
  role: Role;
  created_at: string | null;
  expires_at: string | null;
  last_used_day: string | null;
  source: 'file' | 'api';
}

type Caller = Pick<ActiveKey, 'tenant' | 'keyId'>;
type IdempotentRequest = NonNullable<CreatedKey['request']>;

/**
 * Lists, creates and deletes a tenant's keys. Each change conditionally replaces the tenant's document, and its rules
 * are checked against the version that it replaces: two concurrent deletions cannot remove both last admin keys.
 */
export class TenantKeys {
  constructor(
    private readonly ring: ActiveKeys,
    private readonly stored: StoredKeys,
    private readonly lastUse: LastUse,
  ) {}

  /** Lists the keys after reading the store again. */
  async list(tenant: string): Promise<ApiKeyResponse[]> {
    await this.stored.refresh();
    const days = await this.lastUse.daysOf(tenant);
    return this.ring.keysOf(tenant).map((key) => toApiKeyResponse(key, days[key.keyId]));
  }

  /** @throws ObjectNotFoundError when the tenant has no such key */
  async find(tenant: string, id: string): Promise<void> {
    await this.stored.refresh();
    if (this.findKey(tenant, id) === undefined) throw notFound(tenant);
  }

  /**
   * @param request identifies a request with an idempotency key; repeating it returns the description of the same key,
   * without the key itself, which is not stored
   * @throws Problem 409 when the id is in use or there are too many keys, 422 for another payload under the same
   * idempotency key
   */
  async create(
    { tenant, keyId }: Caller,
    wanted: NewKeyRequest,
    request?: IdempotentRequest,
  ): Promise<{ id: string; key: string | null; description: ApiKeyResponse }> {
    await this.stored.refresh();
    const { key, sha256 } = createApiKey();
    const newKey = createEntry(wanted, { sha256, created_by: keyId, request });
    let entry = newKey;
    await this.stored.documentOf(tenant).update((before = { keys: [] }) => {
      entry =
        before.keys.find((other) => request !== undefined && other.request?.key_sha256 === request.key_sha256) ??
        newKey;
      if (entry !== newKey) return undefined;
      this.assertCanCreate(tenant, newKey.id, before.keys);
      return { keys: [...before.keys, newKey] };
    });
    if (entry !== newKey) assertSamePayload(entry.request?.payload_sha256 ?? '', request?.payload_sha256 ?? '');
    await this.stored.refresh();
    return { id: entry.id, key: entry === newKey ? key : null, description: toCreatedKeyResponse(entry) };
  }

  /**
   * Deletes a key. This process rejects it, its sessions and its streams at once.
   * @throws ObjectNotFoundError, Problem 409
   */
  async remove(tenant: string, id: string): Promise<void> {
    await this.stored.refresh();
    await this.stored.documentOf(tenant).update((before = { keys: [] }) => {
      const key = before.keys.find((candidate) => candidate.id === id);
      if (key === undefined) throw this.findKey(tenant, id) === undefined ? notFound(tenant) : fileKeyProblem();
      const kept = before.keys.filter((other) => other !== key);
      if (
        isAdmin(key) &&
        !kept.some(isAdmin) &&
        !this.fileKeys(tenant).some(({ role, expiresAtMs }) => role === 'admin' && isUnexpired({ expiresAtMs }))
      )
        throw lastAdminProblem();
      return { keys: kept };
    });
    await this.stored.refresh();
  }

  private assertCanCreate(tenant: string, id: string, keys: readonly CreatedKey[]): void {
    const isUsed = keys.some((other) => other.id === id) || this.fileKeys(tenant).some(({ keyId }) => keyId === id);
    if (isUsed)
      throw new Problem('key-id-in-use', 'The tenant already has a key with this id. Choose another id, or omit it.');
    if (keys.length >= MAX_KEYS)
      throw new Problem('too-many-keys', `A tenant can create at most ${MAX_KEYS} keys. Delete some first.`);
  }

  private findKey(tenant: string, id: string): ActiveKey | undefined {
    return this.ring.keysOf(tenant).find(({ keyId }) => keyId === id);
  }

  private fileKeys(tenant: string): ActiveKey[] {
    return this.ring.keysOf(tenant).filter(({ source }) => source !== 'api');
  }
}

function createEntry(
  { id = createId('key_'), role, expires_at }: NewKeyRequest,
  more: Pick<CreatedKey, 'sha256' | 'created_by' | 'request'>,
): CreatedKey {
  const { request, ...known } = more;
  const created_at = new Date().toISOString();
  return {
    id,
    role,
    created_at,
    ...known,
    ...(expires_at === undefined ? {} : { expires_at }),
    ...(request === undefined ? {} : { request }),
  };
}

function isAdmin({ role, expires_at }: CreatedKey): boolean {
  return role === 'admin' && isUnexpired({ expiresAtMs: expires_at === undefined ? Infinity : Date.parse(expires_at) });
}

function toApiKeyResponse(
  { keyId: id, role, createdAt, expiresAtMs, source }: ActiveKey,
  day: string | undefined,
): ApiKeyResponse {
  // An earlier key of the same id may have been used.
  const isOwnDay = day !== undefined && (createdAt === undefined || day >= createdAt.slice(0, 10));
  return {
    id,
    role,
    created_at: createdAt ?? null,
    expires_at: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : null,
    last_used_day: isOwnDay ? day : null,
    source: source === 'api' ? 'api' : 'file',
  };
}

function toCreatedKeyResponse({ id, role, created_at, expires_at }: CreatedKey): ApiKeyResponse {
  return {
    id,
    role,
    created_at,
    expires_at: expires_at === undefined ? null : new Date(expires_at).toISOString(),
    last_used_day: null,
    source: 'api',
  };
}

function notFound(tenant: string): ObjectNotFoundError {
  return new ObjectNotFoundError(ObjectKeys.tenantKeysFolder(tenant));
}

function fileKeyProblem(): Problem {
  return new Problem('key-of-file', 'This key is in the keys file. Ask an operator to remove it there.');
}

function lastAdminProblem(): Problem {
  return new Problem('last-admin-key', "This is the tenant's last admin key. Create another one first.");
}
