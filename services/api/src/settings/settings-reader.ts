import {
  ObjectKeys,
  type OperatingPointName,
  type TenantSettings,
  VersionedDocument,
  tenantSettingsShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore } from '@cytoqueue/storage';
import { Problem } from '../http/problem';

/** Every process applies a change after at most 5 s plus one read of the store, together below ten seconds. */
const MAX_AGE_MS = 5_000;
const MAX_TENANTS = 1_000;

const DEFAULT_SETTINGS: TenantSettings = { default_model: null, operating_point: 'default' };

/** Model and operating point that a request names; undefined members come from the tenant's settings. */
export interface RequestedModel {
  model?: string;
  operating_point?: OperatingPointName;
}

/**
 * Reads tenants' settings, cached for five seconds. If they cannot be read, requests fail: the model that is used without
 * settings may be one that the tenant has not validated.
 */
export class SettingsReader {
  private readonly cache = new Map<string, { settings: Promise<TenantSettings>; readAtMs: number }>();

  constructor(
    private readonly store: ObjectStore,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Reads the settings from the store, without cache. @throws Problem 409 when they are damaged, StoreUnavailableError */
  async readLatest(tenant: string): Promise<TenantSettings> {
    try {
      return (await this.documentOf(tenant).read()).value ?? DEFAULT_SETTINGS;
    } catch (error) {
      throw error instanceof ObjectCorruptError ? settingsDamaged(error) : error;
    }
  }

  /** Reads settings that are at most five seconds old. @throws Problem 409 when they are damaged, StoreUnavailableError */
  read(tenant: string): Promise<TenantSettings> {
    const cached = this.cache.get(tenant);
    if (cached !== undefined && this.nowMs() - cached.readAtMs < MAX_AGE_MS) return cached.settings;
    return this.remember(tenant, this.readLatest(tenant));
  }

  /** Replaces the settings. Durable when resolved; in force at once in this process. */
  async replace(tenant: string, { default_model, operating_point }: TenantSettings): Promise<void> {
    try {
      await this.documentOf(tenant).replace({ default_model, operating_point });
    } finally {
      // A read that began before this change must not be cached after it.
      this.cache.delete(tenant);
    }
  }

  private remember(tenant: string, settings: Promise<TenantSettings>): Promise<TenantSettings> {
    const entry = { settings, readAtMs: this.nowMs() };
    this.cache.delete(tenant);
    this.cache.set(tenant, entry);
    if (this.cache.size > MAX_TENANTS) this.cache.delete(this.cache.keys().next().value as string);
    settings.catch(() => {
      if (this.cache.get(tenant) === entry) this.cache.delete(tenant);
    });
    return settings;
  }

  private documentOf(tenant: string): VersionedDocument<TenantSettings> {
    return new VersionedDocument(this.store, ObjectKeys.tenantSettingsFolder(tenant), tenantSettingsShape);
  }
}

function settingsDamaged(cause: ObjectCorruptError): Problem {
  return new Problem(
    'object-damaged',
    "The tenant's settings are damaged. The operators were alerted; an admin replaces them with PUT /v1/settings.",
    { cause },
  );
}

/** Fills in the members that the request leaves out. Reads the tenant's settings only if there are such members. */
export async function applySettings(
  reader: SettingsReader,
  tenant: string,
  { model, operating_point }: RequestedModel,
): Promise<{ model: string | undefined; operating_point: OperatingPointName }> {
  if (model !== undefined && operating_point !== undefined) return { model, operating_point };
  const settings = await reader.read(tenant);
  return {
    model: model ?? settings.default_model ?? undefined,
    operating_point: operating_point ?? settings.operating_point,
  };
}
