import { type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { type ChampionDocument, type ModelPin, ObjectKeys, OWN_PREFIX } from '@cytoqueue/records';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import type { LoadedModel, ModelCache } from './model-cache';
import type { AcceptedRisks } from './model-comparisons';
import { ChampionInUseError, ComparisonMissingError, ModelDeletedError, UnknownModelError } from './model-errors';
import { type ModelEntry, ModelVersions } from './model-versions';
import { storeBelow } from './store-below';

const MAX_VERSION = 999_999;

/**
 * The registry of one tenant's own models, `own/NAME@VERSION`. Its objects lie below `own-models/{tenant}/`, and it is given
 * no other part of the store, so that no reference reaches another tenant's model. Versions count from 1; the number of a
 * deleted version is never given again.
 */
export class OwnModels {
  private readonly store: ObjectStore;
  private readonly registry: ModelVersions;

  constructor(store: ObjectStore, tenant: string, cache: ModelCache) {
    const root = ObjectKeys.ownModelsFolder(tenant);
    this.store = storeBelow(store, root);
    this.registry = new ModelVersions(this.store, { prefix: OWN_PREFIX, cache, cacheKey: root });
  }

  get comparisons(): ModelVersions['comparisons'] {
    return this.registry.comparisons;
  }

  /** @param reference without `own/` */
  resolve(reference: string): Promise<ModelPin> {
    return this.registry.resolve(reference);
  }

  /** Looks the version up in the store each time, so that a deleted one is gone in every process. @throws ModelDeletedError */
  async loadPinned(pin: ModelPin): Promise<LoadedModel> {
    const name = pin.name.slice(OWN_PREFIX.length);
    if ((await this.store.head(ObjectKeys.model(name, pin.version))) === undefined) {
      this.registry.forget(name, pin.version);
      throw new ModelDeletedError(`${pin.name}@${pin.version} was deleted`);
    }
    return this.registry.loadPinned({ ...pin, name });
  }

  list(): Promise<ModelEntry[]> {
    return this.registry.list();
  }

  find(name: string): Promise<ModelEntry | undefined> {
    return this.registry.find(name);
  }

  /**
   * Stores a model file as the next version of its name. The bytes depend on the file and the version only.
   * @throws ModelFileError when the bytes are not an intact model
   */
  async add(bytes: Buffer): Promise<ModelPin> {
    const { digest: _, ...file } = parseModel(bytes).file;
    const name = file.name.slice(file.name.startsWith(OWN_PREFIX) ? OWN_PREFIX.length : 0);
    const version = String(await this.nextVersion(name));
    const own = { ...file, name: OWN_PREFIX + name, version } as Omit<ModelFile, 'digest'>;
    return this.registry.put(name, version, Buffer.from(serializeModel(own)));
  }

  /** @throws UnknownModelError, ChampionChangedError, LowerSensitivityError, ComparisonMissingError */
  async promote(name: string, version: string, promotedBy: string, accepted: AcceptedRisks): Promise<ChampionDocument> {
    try {
      return await this.registry.promote(name, version, promotedBy, accepted);
    } catch (error) {
      if (!(error instanceof ComparisonMissingError)) throw error;
      // The operator's command that the message of shared models names does not compare own models.
      throw new ComparisonMissingError(
        `${OWN_PREFIX}${name}@${version} was not compared with the champion: accept that to promote it`,
      );
    }
  }

  rollBack(name: string, promotedBy: string): Promise<ChampionDocument> {
    return this.registry.rollBack(name, promotedBy);
  }

  /**
   * Deletes a version with the training rows that it contains. The mark that keeps its number from being given again is
   * written first, so a repeated call completes one that was interrupted.
   * @throws UnknownModelError, ChampionInUseError
   */
  async delete(name: string, version: string): Promise<void> {
    const entry = await this.find(name);
    if (entry === undefined || !entry.versions.includes(version))
      throw new UnknownModelError(`there is no model ${OWN_PREFIX}${name}@${version}`);
    if (entry.champion === version)
      throw new ChampionInUseError(`${OWN_PREFIX}${name}@${version} is the champion: promote another version first`);
    await this.store.put(ObjectKeys.deletedModel(name, version), Buffer.from('{}'));
    await this.store.deletePrefix(ObjectKeys.comparisonsFolder(name, version));
    await this.store.delete(ObjectKeys.model(name, version));
    this.registry.forget(name, version);
  }

  private async nextVersion(name: string): Promise<number> {
    const numbers = ((await this.find(name))?.versions ?? []).map(Number);
    for await (const { key } of listAll(this.store, ObjectKeys.deletedModelsFolder(name)))
      numbers.push(Number(key.slice(key.lastIndexOf('/') + 1)));
    const next = Math.max(0, ...numbers.filter(Number.isInteger)) + 1;
    if (next > MAX_VERSION) throw new RangeError(`${name} has too many versions`);
    return next;
  }
}

/** Whether a pin or reference means a tenant's own model. */
export function isOwn(name: string): boolean {
  return name.startsWith(OWN_PREFIX);
}
