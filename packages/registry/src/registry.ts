import { type Model, parseModel } from '@cytoqueue/classifier';
import {
  type Champion, type ModelPin, ObjectKeys, ObjectMismatchError, ObjectNotFoundError, type ObjectStore, type Promotion, StoreUnavailableError, listAll, sealDocument,
} from '@cytoqueue/storage';
import { Champions, type Succession } from './champions';
import { compareVersions, loadShippedModels } from './shipped';

export const DEFAULT_MODEL = 'wbc-knn';
/** `own/NAME@VERSION` refers to a tenant's own model, so no shared model may have this name. */
const RESERVED_NAME = 'own';

/** A reference that names no model or version there is. */
export class UnknownModelError extends Error {
  readonly code = 'unknown-model';
}

/** A model file with a name that is not for shared models. */
export class ReservedModelNameError extends Error {
  readonly code = 'reserved-model-name';
}

/** The stored file of a pinned version is not the one that was pinned. Scoring with it would be a lie. */
export class ModelDigestError extends Error {
  readonly code = 'model-digest-mismatch';
}

/** A name with versions, none of which was promoted: only `name@version` says which one is meant. */
export class NoChampionError extends Error {
  readonly code = 'no-champion';
}

/** There is no earlier champion. */
export class NothingToRollBackError extends Error {
  readonly code = 'nothing-to-roll-back';
}

/** How long a champion may be remembered, in milliseconds: what a promotion takes to be seen everywhere, whatever the clock does. */
const CHAMPION_TTL_MS = 1_000;

/** A name in the store. */
export interface ModelEntry {
  name: string;
  /** null before the first promotion, and where the record of the newest one is damaged. */
  champion: string | null;
  /** Oldest first. */
  versions: string[];
  history: Promotion[];
}

/** A version's model and the file that it was read from, for a scoring thread to load. */
export interface LoadedModel {
  model: Model;
  bytes: Buffer;
}

/**
 * Model versions in the object store: immutable files, and one champion a name.
 * Versions are read once a process; every load checks the file's own digest, a pinned load the pinned one too.
 */
export class Registry {
  private readonly models = new Map<string, Promise<LoadedModel>>();
  private readonly known = new Map<string, { version: Promise<string>; expiresAtMs: number }>();
  private readonly champions: Champions;

  constructor(private readonly store: ObjectStore) {
    this.champions = new Champions(store);
  }

  /**
   * Puts the shipped versions into the store where they are missing, and makes them champions of names that have none.
   * Where none is missing nothing is written, so a deployment can put them there and let the services only read.
   */
  async seed(): Promise<void> {
    const newest = new Map<string, string>();
    for (const { name, version, bytes } of await loadShippedModels()) {
      await this.putUnlessTaken(ObjectKeys.model(name, version), bytes);
      newest.set(name, version);
    }
    for (const [name, version] of newest) {
      const first: Champion = { version, history: [promotion(version, 'shipped')] };
      await this.putUnlessTaken(ObjectKeys.champion(name), sealDocument(first));
    }
  }

  /**
   * Adds a version from its file; adding it again changes nothing.
   * @throws ModelFileError when the bytes are no intact model, ReservedModelNameError, ObjectMismatchError when the version exists with others
   */
  async add(bytes: Buffer): Promise<ModelPin> {
    const { name, version, digest } = parseModel(bytes);
    if (name === RESERVED_NAME) throw new ReservedModelNameError(`"${name}" is a reserved name: ${name}/NAME means a tenant's own model. Give the model another name`);
    await this.store.putOnce(ObjectKeys.model(name, version), bytes, { contentType: 'application/json' });
    return { name, version, digest };
  }

  /** Makes a version what `name@champion` means from now on; what was accepted before stays with its own. @throws UnknownModelError, ChampionChangedError */
  async promote(name: string, version: string, promotedBy: string): Promise<Champion> {
    const pin = await this.resolve(`${name}@${version}`);
    return this.appendPromotion(name, await this.champions.read(name), promotion(pin.version, promotedBy));
  }

  /**
   * Promotes the version that was champion before the present one. Two at once go back one step, not there and back.
   * @throws UnknownModelError, NoChampionError, NothingToRollBackError, ChampionChangedError
   */
  async rollBack(name: string, promotedBy: string): Promise<Champion> {
    const champion = await this.succession(name);
    const version = championIn(name, champion);
    const previous = champion.history.findLast((entry) => entry.version !== version);
    if (previous === undefined) throw new NothingToRollBackError(`${name} never had another champion than ${version}`);
    return this.appendPromotion(name, champion, promotion(previous.version, promotedBy));
  }

  /**
   * `name`, `name@champion` or `name@version` → one version.
   * @throws UnknownModelError, NoChampionError
   */
  async resolve(reference: string = DEFAULT_MODEL): Promise<ModelPin> {
    const [name, wanted = 'champion', ...rest] = reference.split('@');
    if (!isName(name) || !isName(wanted) || rest.length > 0) throw new UnknownModelError(`${JSON.stringify(reference.slice(0, 80))} is not name or name@version`);
    const version = wanted === 'champion' ? await this.championOf(name) : wanted;
    const { model } = await this.load(name, version);
    return { name, version, digest: model.digest };
  }

  /** @throws ModelDigestError unless the stored version is the pinned one; UnknownModelError, ModelFileError */
  async pinned(pin: ModelPin): Promise<LoadedModel> {
    const loaded = await this.load(pin.name, pin.version);
    const { model } = loaded;
    if (model.digest !== pin.digest) throw new ModelDigestError(`${model.ref} is ${model.digest}, ${pin.digest} was pinned`);
    return loaded;
  }

  private load(name: string, version: string): Promise<LoadedModel> {
    const key = `${name}@${version}`;
    let loaded = this.models.get(key);
    if (loaded === undefined) {
      loaded = this.read(name, version);
      this.models.set(key, loaded);
      // A failed read must not be remembered.
      loaded.catch(() => this.models.delete(key));
    }
    return loaded;
  }

  private async read(name: string, version: string): Promise<LoadedModel> {
    const ref = `${name}@${version}`;
    try {
      const bytes = await this.store.get(ObjectKeys.model(name, version));
      const model = parseModel(bytes);
      // An intact file under another's key would sign its results with the other's name.
      if (model.ref !== ref) throw new ModelDigestError(`${model.ref} lies in the place of ${ref}`);
      return { model, bytes };
    } catch (error) {
      if (error instanceof ObjectNotFoundError) throw new UnknownModelError(`there is no model ${ref}`);
      throw error;
    }
  }

  /** Every name; one whose champion is unknown or damaged is listed without it, and hides no other. */
  async list(): Promise<ModelEntry[]> {
    const versions = await this.versionsBelow(ObjectKeys.modelsPrefix);
    return Promise.all([...versions].map(([name, all]) => this.describe(name, all)));
  }

  /** undefined for a name without versions. */
  async find(name: string): Promise<ModelEntry | undefined> {
    const versions = isName(name) ? (await this.versionsBelow(ObjectKeys.modelPrefix(name))).get(name) : undefined;
    return versions && this.describe(name, versions);
  }

  private async describe(name: string, versions: string[]): Promise<ModelEntry> {
    const { version, history } = await this.champions.read(name);
    return { name, champion: version ?? null, versions: versions.sort(compareVersions), history };
  }

  private async versionsBelow(prefix: string): Promise<Map<string, string[]>> {
    const versions = new Map<string, string[]>();
    for await (const { key } of listAll(this.store, prefix)) {
      const [name, file = '', ...rest] = key.slice(ObjectKeys.modelsPrefix.length).split('/');
      const version = file.replace(/\.json$/, '');
      // Other objects may lie here, which no model's key could be.
      if (rest.length > 0 || file === 'champion.json' || version === file || !isName(name) || !isName(version)) continue;
      versions.set(name, [...(versions.get(name) ?? []), version]);
    }
    return versions;
  }

  private championOf(name: string): Promise<string> {
    const known = this.known.get(name);
    if (known !== undefined && known.expiresAtMs > performance.now()) return known.version;
    const version = this.champion(name).then((champion) => champion.version);
    this.known.set(name, { version, expiresAtMs: performance.now() + CHAMPION_TTL_MS });
    version.catch(() => this.known.delete(name));
    return version;
  }

  /** Which version is champion and how it became that. @throws UnknownModelError, NoChampionError */
  async champion(name: string): Promise<Champion> {
    const succession = await this.succession(name);
    return { version: championIn(name, succession), history: succession.history };
  }

  private async succession(name: string): Promise<Succession> {
    if (!isName(name)) throw new UnknownModelError('there is no such model');
    const succession = await this.champions.read(name);
    const isUnknown = succession.nextNumber === 1 && (await this.find(name)) === undefined;
    if (isUnknown) throw new UnknownModelError(`there is no model named ${name}`);
    return succession;
  }

  private async appendPromotion(name: string, before: Succession, next: Promotion): Promise<Champion> {
    const champion = await this.champions.append(name, before, next);
    this.known.delete(name);
    return champion;
  }

  /** What is in the store stays, even if the shipped file has become another since. */
  private async putUnlessTaken(key: string, bytes: Buffer): Promise<void> {
    if ((await this.store.head(key)) !== undefined) return;
    try {
      await this.store.putOnce(key, bytes, { contentType: 'application/json' });
    } catch (error) {
      if (error instanceof ObjectMismatchError) return;
      throw error instanceof StoreUnavailableError ? new StoreUnavailableError(`${key} is not in the store and cannot be put there`, { cause: error }) : error;
    }
  }
}

function championIn(name: string, { version, damage }: Succession): string {
  if (version !== undefined) return version;
  throw damage ?? new NoChampionError(`${name} has no champion yet: name a version (${name}@VERSION), or promote one (npm run models -- promote ${name} VERSION)`);
}

function promotion(version: string, promotedBy: string): Promotion {
  return { version, promoted_at: new Date().toISOString(), promoted_by: promotedBy };
}

/** A name or version that can be part of an object key. */
function isName(text: string): boolean {
  return /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}
