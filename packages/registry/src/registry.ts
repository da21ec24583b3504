import { type Model, parseModel } from '@cytoqueue/classifier';
import { type Champion, type ModelPin, ObjectNotFoundError, type ObjectStore, listAll, ObjectKeys } from '@cytoqueue/storage';
import { loadShippedModels } from './shipped';

export const DEFAULT_MODEL = 'wbc-knn';

/** A reference that names no model or version there is. */
export class UnknownModelError extends Error {
  readonly code = 'unknown-model';
}

/** The stored file of a pinned version is not the one that was pinned. Scoring with it would be a lie. */
export class ModelDigestError extends Error {
  readonly code = 'model-digest-mismatch';
}

/** How long a champion may be remembered, in milliseconds: what a promotion takes to be seen everywhere. */
const CHAMPION_TTL_MS = 1_000;

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
  private readonly champions = new Map<string, { version: Promise<string>; expiresAt: number }>();

  constructor(private readonly store: ObjectStore) {}

  /** Puts the shipped versions into the store where they are missing, and makes them champions of names that have none. */
  async seed(): Promise<void> {
    for (const { name, version, bytes } of await loadShippedModels()) {
      await this.store.putOnce(ObjectKeys.model(name, version), bytes, { contentType: 'application/json' });
      const champion: Champion = { version };
      const key = ObjectKeys.champion(name);
      if ((await this.store.head(key)) === undefined) await this.store.put(key, Buffer.from(JSON.stringify(champion)));
    }
  }

  /**
   * `name`, `name@champion` or `name@version` → one version.
   * @throws UnknownModelError
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
    try {
      const bytes = await this.store.get(ObjectKeys.model(name, version));
      return { model: parseModel(bytes), bytes };
    } catch (error) {
      if (error instanceof ObjectNotFoundError) throw new UnknownModelError(`there is no model ${name}@${version}`);
      throw error;
    }
  }

  /** Every name with its versions, oldest first. */
  async list(): Promise<{ name: string; champion: string; versions: string[] }[]> {
    const versions = new Map<string, string[]>();
    for await (const { key } of listAll(this.store, ObjectKeys.modelsPrefix)) {
      const [name, file] = key.slice(ObjectKeys.modelsPrefix.length).split('/');
      if (file === 'champion.json' || file === undefined) continue;
      versions.set(name, [...(versions.get(name) ?? []), file.replace(/\.json$/, '')]);
    }
    return Promise.all([...versions].map(async ([name, all]) => ({ name, champion: await this.championOf(name), versions: all })));
  }

  private championOf(name: string): Promise<string> {
    const known = this.champions.get(name);
    if (known !== undefined && known.expiresAt > Date.now()) return known.version;
    const version = this.readChampion(name);
    this.champions.set(name, { version, expiresAt: Date.now() + CHAMPION_TTL_MS });
    version.catch(() => this.champions.delete(name));
    return version;
  }

  private async readChampion(name: string): Promise<string> {
    try {
      return (JSON.parse((await this.store.get(ObjectKeys.champion(name))).toString()) as Champion).version;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) throw new UnknownModelError(`there is no model named ${name}`);
      throw error;
    }
  }
}

/** A name or version that can be part of an object key. */
function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}
