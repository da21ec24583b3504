import { parseModel } from '@cytoqueue/classifier';
import {
  type ChampionDocument,
  type ModelPin,
  ObjectKeys,
  OWN_PREFIX,
  type ShadowDocument,
  sealDocument,
} from '@cytoqueue/records';
import { ObjectMismatchError, type ObjectStore, StoreUnavailableError } from '@cytoqueue/storage';
import { type LoadedModel, ModelCache } from './model-cache';
import { InvalidShadowError, ReservedModelNameError, UnknownModelError } from './model-errors';
import { type ModelEntry, ModelVersions, type ResolvedModel, newPromotion } from './model-versions';
import { OwnModels, isOwn } from './own-models';
import { ShadowVersions } from './shadow-versions';
import { compareVersions, loadShippedModels, newestShippedVersions } from './shipped-models';

/** Bytes of the files of own models that a process keeps loaded; the arrays made from them take about as much again. */
const MAX_OWN_BYTES = 256 * 1024 * 1024;

/** The shared models, and the own models of each tenant. A tenant's models are found only by calls that name the tenant. */
export class ModelRegistry extends ModelVersions {
  readonly shadows: ShadowVersions;
  private readonly ownModels = new Map<string, OwnModels>();
  private readonly ownCache = new ModelCache(MAX_OWN_BYTES);
  private shippedVersions: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(store: ObjectStore) {
    super(store, { prefix: '', cacheKey: '', cache: new ModelCache(Infinity) });
    this.shadows = new ShadowVersions(store);
  }

  ofTenant(tenant: string): OwnModels {
    let own = this.ownModels.get(tenant);
    if (own === undefined) this.ownModels.set(tenant, (own = new OwnModels(this.store, tenant, this.ownCache)));
    return own;
  }

  /**
   * Stores missing shipped versions and makes them champions of names without one. Writes nothing when none is missing,
   * so that a deployment can install them and give the services read access only.
   */
  async installShipped(): Promise<void> {
    const newest = new Map<string, string>();
    for (const { name, version, bytes } of await loadShippedModels()) {
      await this.putIfAbsent(ObjectKeys.model(name, version), bytes);
      newest.set(name, version);
    }
    for (const [name, version] of newest) {
      const first: ChampionDocument = { version, history: [newPromotion(version, 'shipped')] };
      await this.putIfAbsent(ObjectKeys.champion(name), sealDocument(first));
    }
  }

  /**
   * Adds a version from its file. Adding the same bytes again changes nothing.
   * @throws ModelFileError when the bytes are not an intact model, ReservedModelNameError, ObjectMismatchError when the
   *   version exists with other bytes
   */
  async add(bytes: Buffer): Promise<ModelPin> {
    const { name, version, digest } = parseModel(bytes);
    if (isOwn(`${name}/`))
      throw new ReservedModelNameError(
        `"${name}" is a reserved name: ${OWN_PREFIX}NAME means a tenant's own model. Give the model another name`,
      );
    return this.put(name, version, bytes, digest);
  }

  /** As `load`, without the file. */
  override async resolve(reference?: string, tenant?: string): Promise<ModelPin> {
    return (await this.load(reference, tenant)).pin;
  }

  /**
   * @param tenant owner of `own/NAME`; without a tenant, own models are not found
   * @throws UnknownModelError, NoChampionError, ModelDigestError, ModelFileError
   */
  override load(reference?: string, tenant?: string): Promise<ResolvedModel> {
    return reference !== undefined && tenant !== undefined && isOwn(reference)
      ? this.ofTenant(tenant).load(reference.slice(OWN_PREFIX.length))
      : super.load(reference);
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

  /**
   * Has a version score batches beside the champion.
   * @throws UnknownModelError, NoChampionError, InvalidShadowError
   */
  async setShadow(name: string, version: string): Promise<ShadowDocument> {
    const { version: champion } = await this.readChampion(name);
    const { pin, model: shadow } = await this.load(`${name}@${version}`);
    const { model: current } = await this.loadVersion(name, champion);
    if (shadow.digest === current.digest)
      throw new InvalidShadowError('is-champion', `${shadow.ref} is the champion: name a version to score beside it`);
    if (shadow.schema.id !== current.schema.id)
      throw new InvalidShadowError(
        'other-schema',
        `${shadow.ref} reads other columns than the champion ${current.ref}`,
      );
    return this.shadows.set(pin);
  }

  protected override async describe(name: string, versions: string[]): Promise<ModelEntry> {
    const entry = await super.describe(name, versions);
    const shipped = (await this.newestShipped()).get(name);
    const isNewer = entry.champion !== null && shipped !== undefined && compareVersions(shipped, entry.champion) > 0;
    return { ...entry, newer_version: isNewer ? shipped : null };
  }

  protected override promotionHint(name: string): string {
    return `promote one (npm run models -- promote ${name} VERSION)`;
  }

  /** Shipped files do not change while the process runs. */
  private newestShipped(): Promise<ReadonlyMap<string, string>> {
    return (this.shippedVersions ??= newestShippedVersions());
  }

  /** Keeps a stored object even if the shipped file has changed since. */
  private async putIfAbsent(key: string, bytes: Buffer): Promise<void> {
    if ((await this.store.head(key)) !== undefined) return;
    try {
      await this.store.putOnce(key, bytes, { contentType: 'application/json' });
    } catch (error) {
      if (error instanceof ObjectMismatchError) return;
      throw error instanceof StoreUnavailableError
        ? new StoreUnavailableError(`${key} is not in the store and could not be written`, { cause: error })
        : error;
    }
  }
}
