import { ModelFileError, parseModel } from '@cytoqueue/classifier';
import {
  type ChampionDocument,
  type ModelPin,
  ObjectKeys,
  type Promotion,
  readDocumentBytes,
} from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore, listAll } from '@cytoqueue/storage';
import { BriefCache } from './brief-cache';
import type { LoadedModel, ModelCache } from './model-cache';
import { ChampionHistory, type ChampionState } from './champion-history';
import { type AcceptedRisks, ModelComparisons } from './model-comparisons';
import {
  ModelDigestError,
  NoChampionError,
  NothingToRollBackError,
  UnknownModelError,
  ignoreMissingModel,
} from './model-errors';
import { compareVersions } from './shipped-models';

const DEFAULT_MODEL = 'wbc-knn';

/** The shared models, or one tenant's own models. */
interface RegistryScope {
  /** Stands before the names of its models. */
  readonly prefix: string;
  /** Distinguishes its models in a shared cache. */
  readonly cacheKey: string;
  readonly cache: ModelCache;
}

/** A loaded version and its pin. */
export interface ResolvedModel extends LoadedModel {
  pin: ModelPin;
}

/** A model name in the store. */
export interface ModelEntry {
  name: string;
  /** null before the first promotion, and when the document of the newest one is damaged. */
  champion: string | null;
  /** Oldest first. */
  versions: string[];
  history: Promotion[];
  /** The newest version that ships, where it is newer than the champion; an update leaves the champion in place. */
  newer_version: string | null;
}

/**
 * Model versions of one scope in the object store: immutable files, and one champion per name. Loaded versions are cached.
 * Every read from the store checks the file's own digest; a pinned load also checks the pinned digest.
 */
export abstract class ModelVersions {
  private readonly championCache = new BriefCache<string>();
  private readonly champions: ChampionHistory;
  readonly comparisons: ModelComparisons;

  constructor(
    protected readonly store: ObjectStore,
    private readonly scope: RegistryScope,
  ) {
    this.champions = new ChampionHistory(store, scope.prefix);
    this.comparisons = new ModelComparisons(store, scope.prefix);
  }

  /** Ends the sentence "NAME has no champion yet". @param name without the scope's prefix */
  protected abstract promotionHint(name: string): string;

  /**
   * Stores the file of a version once. @param name without the scope's prefix
   * @throws ModelFileError when no reference could name it, ObjectMismatchError when the version exists with other bytes
   */
  protected async put(name: string, version: string, bytes: Buffer, digest: string): Promise<ModelPin> {
    if (!isName(name) || !isName(version))
      throw new ModelFileError('malformed', 'a name or version of a model has at most 64 characters');
    await this.store.putOnce(ObjectKeys.model(name, version), bytes, { contentType: 'application/json' });
    return { name: this.scope.prefix + name, version, digest };
  }

  /** Drops a version that was deleted. */
  protected forget(name: string, version: string): void {
    this.scope.cache.delete(`${this.scope.cacheKey}${name}@${version}`);
    this.championCache.delete(name);
  }

  /**
   * Makes a version the champion unless its comparison with the champion says that it is worse, or there is none. Work
   * accepted earlier keeps its version. A name's first promotion has no champion to compare with.
   * @throws UnknownModelError, ChampionChangedError, LowerSensitivityError, ComparisonMissingError
   */
  async promote(
    name: string,
    version: string,
    promotedBy: string,
    accepted: AcceptedRisks = {},
  ): Promise<ChampionDocument> {
    const { pin } = await this.loadUnprefixed(`${name}@${version}`);
    const state = await this.champions.read(name);
    const isFirst = state.version === undefined && state.damage === undefined;
    if (!isFirst && state.version !== version)
      await this.comparisons.assertNotWorse(pin, await this.findChampionPin(name, state), accepted);
    return this.appendPromotion(name, state, newPromotion(pin.version, promotedBy));
  }

  /** @returns undefined when the champion's document or file is damaged or gone */
  private async findChampionPin(name: string, { version }: ChampionState): Promise<ModelPin | undefined> {
    if (version === undefined) return undefined;
    return (await this.loadUnprefixed(`${name}@${version}`).catch(ignoreMissingModel))?.pin;
  }

  /**
   * Promotes the previous champion that is still stored. Never refused for its figures: it is the way back from a version
   * that went wrong. Two concurrent calls go back one step: the second is refused.
   * @throws UnknownModelError, NoChampionError, NothingToRollBackError, ChampionChangedError
   */
  async rollBack(name: string, promotedBy: string): Promise<ChampionDocument> {
    const champion = await this.readHistory(name);
    const version = this.requireChampionVersion(name, champion);
    const stored = (await this.versionsBelow(ObjectKeys.modelFolder(name))).get(name) ?? [];
    const previous = champion.history.findLast((entry) => entry.version !== version && stored.includes(entry.version));
    if (previous === undefined)
      throw new NothingToRollBackError(
        `${this.scope.prefix}${name} has had no champion other than ${version} that is still stored`,
      );
    return this.appendPromotion(name, champion, newPromotion(previous.version, promotedBy));
  }

  /** As `load`, without the file. */
  async resolve(reference?: string): Promise<ModelPin> {
    return (await this.load(reference)).pin;
  }

  /**
   * Resolves `name`, `name@champion` or `name@version` to one version, and loads it.
   * @throws UnknownModelError, NoChampionError, ModelDigestError, ModelFileError
   */
  async load(reference: string = DEFAULT_MODEL): Promise<ResolvedModel> {
    const { pin, ...loaded } = await this.loadUnprefixed(reference);
    return { ...loaded, pin: { ...pin, name: this.scope.prefix + pin.name } };
  }

  /** As `load`; the pin's name is without the scope's prefix. */
  private async loadUnprefixed(reference: string): Promise<ResolvedModel> {
    const [name = '', requested = 'champion', ...rest] = reference.split('@');
    if (!isName(name) || !isName(requested) || rest.length > 0)
      throw new UnknownModelError(
        `${JSON.stringify(this.scope.prefix + reference.slice(0, 80))} is not name or name@version`,
      );
    const version = requested === 'champion' ? await this.cachedChampionVersion(name) : requested;
    const loaded = await this.loadVersion(name, version);
    return { ...loaded, pin: { name, version, digest: loaded.model.digest } };
  }

  /** @throws ModelDigestError unless the stored version is the pinned one; UnknownModelError, ModelFileError */
  async loadPinned(pin: ModelPin): Promise<LoadedModel> {
    const loaded = await this.loadVersion(pin.name.slice(this.scope.prefix.length), pin.version);
    const { model } = loaded;
    if (model.digest !== pin.digest)
      throw new ModelDigestError(`${model.ref} is ${model.digest}, ${pin.digest} was pinned`);
    return loaded;
  }

  protected loadVersion(name: string, version: string): Promise<LoadedModel> {
    return this.scope.cache.get(`${this.scope.cacheKey}${name}@${version}`, () => this.read(name, version));
  }

  private async read(name: string, version: string): Promise<LoadedModel> {
    const ref = `${this.scope.prefix}${name}@${version}`;
    try {
      const bytes = await readDocumentBytes(this.store, ObjectKeys.model(name, version));
      const model = parseModel(bytes);
      // An intact file under another model's key would label results with the wrong model.
      if (model.ref !== ref) throw new ModelDigestError(`the file stored as ${ref} contains ${model.ref}`);
      return { model, bytes };
    } catch (error) {
      if (error instanceof ObjectNotFoundError) throw new UnknownModelError(`there is no model ${ref}`);
      throw error;
    }
  }

  /** Lists all names. A missing or damaged champion is null and does not affect other names. */
  async list(): Promise<ModelEntry[]> {
    const versions = await this.versionsBelow(ObjectKeys.modelsFolder);
    return Promise.all([...versions].map(([name, all]) => this.describe(name, all)));
  }

  /** @returns undefined for a name without versions */
  async find(name: string): Promise<ModelEntry | undefined> {
    const versions = isName(name) ? (await this.versionsBelow(ObjectKeys.modelFolder(name))).get(name) : undefined;
    return versions && this.describe(name, versions);
  }

  protected async describe(name: string, versions: string[]): Promise<ModelEntry> {
    const { version, history } = await this.champions.read(name);
    return {
      name: this.scope.prefix + name,
      champion: version ?? null,
      versions: versions.sort(compareVersions),
      history,
      newer_version: null,
    };
  }

  private async versionsBelow(prefix: string): Promise<Map<string, string[]>> {
    const versions = new Map<string, string[]>();
    for await (const { key } of listAll(this.store, prefix)) {
      const [name = '', file = '', ...rest] = key.slice(ObjectKeys.modelsFolder.length).split('/');
      const version = file.replace(/\.json$/, '');
      // Skip objects that are not model files.
      if (rest.length > 0 || file === 'champion.json' || version === file || !isName(name) || !isName(version))
        continue;
      versions.set(name, [...(versions.get(name) ?? []), version]);
    }
    return versions;
  }

  private cachedChampionVersion(name: string): Promise<string> {
    return this.championCache.get(name, async () => (await this.readChampion(name)).version);
  }

  /** Reads the champion of a name and its promotions. @throws UnknownModelError, NoChampionError */
  async readChampion(name: string): Promise<ChampionDocument> {
    const state = await this.readHistory(name);
    return { version: this.requireChampionVersion(name, state), history: state.history };
  }

  private async readHistory(name: string): Promise<ChampionState> {
    if (!isName(name))
      throw new UnknownModelError(`${JSON.stringify(this.scope.prefix + name.slice(0, 80))} is not a model name`);
    const state = await this.champions.read(name);
    const isUnknown = state.nextNumber === 1 && (await this.find(name)) === undefined;
    if (isUnknown) throw new UnknownModelError(`there is no model named ${this.scope.prefix}${name}`);
    return state;
  }

  protected async appendPromotion(name: string, state: ChampionState, next: Promotion): Promise<ChampionDocument> {
    const champion = await this.champions.append(name, state, next);
    this.championCache.delete(name);
    return champion;
  }

  private requireChampionVersion(name: string, { version, damage }: ChampionState): string {
    if (version !== undefined) return version;
    const qualifiedName = this.scope.prefix + name;
    throw (
      damage ??
      new NoChampionError(
        `${qualifiedName} has no champion yet: name a version (${qualifiedName}@VERSION), or ${this.promotionHint(name)}`,
      )
    );
  }
}

export function newPromotion(version: string, promotedBy: string): Promotion {
  return { version, promoted_at: new Date().toISOString(), promoted_by: promotedBy };
}

/** True when a name or version can be part of an object key. */
function isName(text: string): boolean {
  return /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}
