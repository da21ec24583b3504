import { type ModelPin, OWN_PREFIX } from '@cytoqueue/records';
import { type LoadedModel, ModelCache } from './model-cache';
import { UnknownModelError } from './model-errors';
import { ModelVersions } from './model-versions';
import { OwnModels, isOwn } from './own-models';

/** Bytes of the files of own models that a process keeps loaded; the arrays made from them take about as much again. */
const MAX_OWN_BYTES = 256 * 1024 * 1024;

/** The shared models, and the own models of each tenant. A tenant's models are found only by calls that name the tenant. */
export class ModelRegistry extends ModelVersions {
  private readonly ownModels = new Map<string, OwnModels>();
  private readonly ownCache = new ModelCache(MAX_OWN_BYTES);

  ofTenant(tenant: string): OwnModels {
    let own = this.ownModels.get(tenant);
    if (own === undefined) this.ownModels.set(tenant, (own = new OwnModels(this.store, tenant, this.ownCache)));
    return own;
  }

  /**
   * @param tenant whose own models `own/NAME` means; without one there are none
   * @throws UnknownModelError, NoChampionError
   */
  override resolve(reference?: string, tenant?: string): Promise<ModelPin> {
    return reference !== undefined && tenant !== undefined && isOwn(reference)
      ? this.ofTenant(tenant).resolve(reference.slice(OWN_PREFIX.length))
      : super.resolve(reference);
  }

  /**
   * @param tenant of the record or batch that is pinned to the version
   * @throws ModelDigestError, UnknownModelError, ModelDeletedError, ModelFileError
   */
  override async loadPinned(pin: ModelPin, tenant?: string): Promise<LoadedModel> {
    if (!isOwn(pin.name)) return super.loadPinned(pin);
    if (tenant === undefined) throw new UnknownModelError('an own model belongs to a tenant');
    return this.ofTenant(tenant).loadPinned(pin);
  }
}
