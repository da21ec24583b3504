import { type Champion, ObjectKeys, ObjectMismatchError, ObjectNotFoundError, type ObjectStore, type Promotion, listAll } from '@cytoqueue/storage';

/** Somebody else made a version the champion at the same time. */
export class ChampionChangedError extends Error {
  readonly code = 'champion-changed';
}

/**
 * Which version of each model is champion. The first one is in `champion.json`; every promotion since is an object of its
 * own, numbered and written once: of two at once one comes second and is told so, and neither is lost from the history.
 */
export class Champions {
  constructor(private readonly store: ObjectStore) {}

  /** Undefined for a name without versions. */
  async read(name: string): Promise<Champion | undefined> {
    try {
      const first = await this.readJson<Champion>(ObjectKeys.champion(name));
      const later = await this.promotionsAfter(name, first.history.length);
      const history = [...first.history, ...later];
      return { version: later.at(-1)?.version ?? first.version, history };
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /** The next promotion behind `before`. @throws ChampionChangedError when that is not the newest state any more */
  async append(name: string, before: Champion, promotion: Promotion): Promise<Champion> {
    const history = [...before.history, promotion];
    try {
      await this.putOnce(ObjectKeys.promotion(name, history.length), promotion);
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      throw new ChampionChangedError(`the champion of ${name} has just been changed by somebody else`, { cause: error });
    }
    return { version: promotion.version, history };
  }

  private async promotionsAfter(name: string, number: number): Promise<Promotion[]> {
    const later: Promise<Promotion>[] = [];
    const startAfter = ObjectKeys.promotion(name, number);
    for await (const { key } of listAll(this.store, ObjectKeys.promotionsPrefix(name), { startAfter })) later.push(this.readJson<Promotion>(key));
    return Promise.all(later);
  }

  private async readJson<T>(key: string): Promise<T> {
    return JSON.parse((await this.store.get(key)).toString()) as T;
  }

  private async putOnce(key: string, value: unknown): Promise<void> {
    await this.store.putOnce(key, Buffer.from(JSON.stringify(value)), { contentType: 'application/json' });
  }
}
