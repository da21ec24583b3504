import { type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { type ChampionDocument, type ModelPin, ObjectKeys, OWN_PREFIX, type Promotion } from '@cytoqueue/records';
import { ObjectMismatchError, ObjectNotFoundError, type ObjectStore, listAll } from '@cytoqueue/storage';
import type { ChampionState } from './champion-history';
import type { LoadedModel, ModelCache } from './model-cache';
import { ChampionInUseError, ModelDeletedError, UnknownModelError } from './model-errors';
import { ModelVersions } from './model-versions';
import { storeBelow } from './store-below';

const MAX_VERSION = 999_999;
const MAX_ARTIFACT_BYTES = 8 * 1024 * 1024;

/**
 * The registry of one tenant's own models, `own/NAME@VERSION`; its methods take names without `own/`, and pins with it. Its
 * objects lie below `own-models/{tenant}/`, and it is given no other part of the store, so that no reference reaches
 * another tenant's model. Versions count from 1; the number of a deleted version is never given again.
 */
export class OwnModels extends ModelVersions {
  constructor(store: ObjectStore, tenant: string, cache: ModelCache) {
    const root = ObjectKeys.ownModelsFolder(tenant);
    super(storeBelow(store, root), { prefix: OWN_PREFIX, cache, cacheKey: root });
  }

  /** @throws ModelDigestError, ModelDeletedError, ModelFileError */
  override async loadPinned(pin: ModelPin): Promise<LoadedModel> {
    try {
      return await super.loadPinned(pin);
    } catch (error) {
      // A pinned version existed.
      throw error instanceof UnknownModelError
        ? new ModelDeletedError(`${pin.name}@${pin.version} was deleted`, { cause: error })
        : error;
    }
  }

  /**
   * Stores a model file as the next version of its name. The bytes depend on the file and the version only.
   * @throws ModelFileError when the bytes are not an intact model
   */
  async add(bytes: Buffer): Promise<ModelPin> {
    const { digest: _, ...file } = parseModel(bytes).file;
    const name = file.name.slice(file.name.startsWith(OWN_PREFIX) ? OWN_PREFIX.length : 0);
    for (let number = await this.nextVersion(name); number <= MAX_VERSION; number++) {
      const version = String(number);
      const own = { ...file, name: OWN_PREFIX + name, version } as Omit<ModelFile, 'digest'>;
      const stored = Buffer.from(serializeModel(own));
      try {
        return await this.put(name, version, stored, digestOf(stored));
      } catch (error) {
        // Another call has taken the number at the same time.
        if (!(error instanceof ObjectMismatchError)) throw error;
      }
    }
    throw new RangeError(`${name} has too many versions`);
  }

  /**
   * Stores the file of a version that a training has reserved. Storing the same file again has no effect.
   * @throws ObjectMismatchError when the version exists with another file, or existed
   */
  async addVersion(name: string, version: string, bytes: Buffer): Promise<ModelPin> {
    if ((await this.store.head(ObjectKeys.deletedModel(name, version))) !== undefined)
      throw new ObjectMismatchError(ObjectKeys.deletedModel(name, version));
    return this.put(name, version, bytes, digestOf(bytes));
  }

  /** Stores card, evaluation and plots of a version by file name. */
  async putArtifacts(name: string, version: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [file, bytes] of files) await this.store.putOnce(ObjectKeys.artifact(name, version, file), bytes);
  }

  /** The number that the next version of a name gets. */
  async nextVersion(name: string): Promise<number> {
    const numbers = ((await this.find(name))?.versions ?? []).map(Number);
    for await (const { key } of listAll(this.store, ObjectKeys.deletedModelsFolder(name)))
      numbers.push(Number(key.slice(key.lastIndexOf('/') + 1)));
    return Math.max(0, ...numbers.filter(Number.isInteger)) + 1;
  }

  /**
   * Deletes a version with the training rows that it contains. The mark that keeps its number from being given again is
   * written first, so a repeated call completes one that was interrupted.
   * @throws UnknownModelError, ChampionInUseError
   */
  async delete(name: string, version: string): Promise<void> {
    await this.assertDeletable(name, version);
    const mark = ObjectKeys.deletedModel(name, version);
    await this.store.put(mark, Buffer.from('{}'));
    try {
      // See appendPromotion.
      await this.assertDeletable(name, version);
    } catch (error) {
      if (error instanceof ChampionInUseError) await this.store.delete(mark);
      throw error;
    }
    await this.store.deletePrefix(ObjectKeys.comparisonsFolder(name, version));
    await this.store.deletePrefix(ObjectKeys.artifactsFolder(name, version));
    await this.store.delete(ObjectKeys.model(name, version));
    this.forget(name, version);
  }

  /** Card, evaluation or a plot of a version; undefined when it has none, or there is no such version. */
  async readArtifact(name: string, version: string, file: string): Promise<Buffer | undefined> {
    try {
      return await this.store.get(ObjectKeys.artifact(name, version, file), undefined, MAX_ARTIFACT_BYTES);
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /** Asks the store each time, so that a version that another process has deleted is unknown in this one too. */
  protected override async loadVersion(name: string, version: string): Promise<LoadedModel> {
    if ((await this.store.head(ObjectKeys.model(name, version))) === undefined) {
      this.forget(name, version);
      throw new UnknownModelError(`there is no model ${OWN_PREFIX}${name}@${version}`);
    }
    return super.loadVersion(name, version);
  }

  /**
   * A deletion writes its mark before it reads the champion, and a promotion is written before it reads the mark: of a
   * concurrent deletion and promotion, at least one sees the other and is undone.
   */
  protected override async appendPromotion(
    name: string,
    state: ChampionState,
    next: Promotion,
  ): Promise<ChampionDocument> {
    await this.assertNotDeleted(name, next.version);
    const champion = await super.appendPromotion(name, state, next);
    try {
      await this.assertNotDeleted(name, next.version);
    } catch (error) {
      if (error instanceof UnknownModelError && state.version !== undefined) {
        const after = { ...state, history: champion.history, nextNumber: state.nextNumber + 1 };
        await super.appendPromotion(name, after, { ...next, version: state.version });
      }
      throw error;
    }
    return champion;
  }

  protected override promotionHint(): string {
    return 'have an admin of the tenant promote one';
  }

  private async assertNotDeleted(name: string, version: string): Promise<void> {
    if ((await this.store.head(ObjectKeys.deletedModel(name, version))) !== undefined)
      throw new UnknownModelError(`${OWN_PREFIX}${name}@${version} is being deleted`);
  }

  private async assertDeletable(name: string, version: string): Promise<void> {
    const entry = await this.find(name);
    if (entry === undefined || !entry.versions.includes(version))
      throw new UnknownModelError(`there is no model ${OWN_PREFIX}${name}@${version}`);
    if (entry.champion === version)
      throw new ChampionInUseError(`${OWN_PREFIX}${name}@${version} is the champion: promote another version first`);
  }
}

/** Whether a pin or reference means a tenant's own model. */
export function isOwn(name: string): boolean {
  return name.startsWith(OWN_PREFIX);
}

/** The digest of a file that `serializeModel` has written stands in its first line. */
function digestOf(bytes: Buffer): string {
  return /"digest":"(sha256:[0-9a-f]{64})"/.exec(bytes.toString('latin1', 0, 200))![1]!;
}
