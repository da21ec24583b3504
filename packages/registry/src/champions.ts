import {
  type Champion, ObjectCorruptError, ObjectKeys, ObjectMismatchError, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError, type Promotion, listAll, openDocument, sealDocument,
} from '@cytoqueue/storage';

/** Another request made a version the champion at the same time. */
export class ChampionChangedError extends Error {
  readonly code = 'champion-changed';
}

type Damage = ObjectCorruptError | ObjectUnreadableError;

/** The champions that a name has had. */
export interface Succession {
  /** undefined before the first promotion, and where the newest one is damaged. */
  version: string | undefined;
  /** Oldest first; without entries that are damaged. */
  history: Promotion[];
  /** Of the next promotion, from 1. */
  nextNumber: number;
  damage?: Damage;
}

/**
 * Which version of each model is champion. The first one is in `champion.json`; every promotion since is an object of its
 * own, numbered and written once: of two at the same time one comes second and is refused, and neither is lost from the history.
 */
export class Champions {
  constructor(private readonly store: ObjectStore) {}

  /** A damaged object takes nothing but itself from the history, and a promotion after it counts. */
  async read(name: string): Promise<Succession> {
    const first = await this.readFirst(name);
    const later = await this.promotionsAfter(name, isDamaged(first) ? 0 : first.history.length);
    const newest = later.at(-1)?.promotion ?? first;
    const history = [...(isDamaged(first) ? [] : first.history), ...later.flatMap(({ promotion }) => (isDamaged(promotion) ? [] : [promotion]))];
    const leastNumber = isDamaged(first) ? 2 : first.history.length + 1;
    const nextNumber = Math.max(leastNumber, (later.at(-1)?.number ?? 0) + 1);
    return isDamaged(newest) ? { version: undefined, history, nextNumber, damage: newest } : { version: newest.version, history, nextNumber };
  }

  /** The promotion after `before`. @throws ChampionChangedError when another one came first */
  async append(name: string, before: Succession, promotion: Promotion): Promise<Champion> {
    const history = [...before.history, promotion];
    const champion: Champion = { version: promotion.version, history };
    try {
      if (before.nextNumber === 1) await this.putOnce(ObjectKeys.champion(name), champion);
      else await this.putOnce(ObjectKeys.promotion(name, before.nextNumber), promotion);
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      throw new ChampionChangedError(`the champion of ${name} was changed by another request at the same time`, { cause: error });
    }
    return champion;
  }

  private async readFirst(name: string): Promise<Champion | Succession | Damage> {
    const key = ObjectKeys.champion(name);
    const first = await this.readIntact<Champion>(key);
    if (first === undefined) return { version: undefined, history: [], nextNumber: 1 };
    if (isDamaged(first) || (typeof first.version === 'string' && Array.isArray(first.history))) return first;
    return new ObjectCorruptError(key, 'it names no champion');
  }

  private async promotionsAfter(name: string, number: number): Promise<{ number: number; promotion: Promotion | Damage }[]> {
    const keys: string[] = [];
    const startAfter = number === 0 ? undefined : ObjectKeys.promotion(name, number);
    for await (const { key } of listAll(this.store, ObjectKeys.promotionsPrefix(name), { startAfter })) keys.push(key);
    const found = await Promise.all(keys.map(async (key) => ({ number: ObjectKeys.parsePromotion(key), promotion: await this.readIntact<Promotion>(key) })));
    return found.flatMap(({ number: own, promotion }) => (own === undefined || promotion === undefined ? [] : [{ number: own, promotion }]));
  }

  private async readIntact<T extends object>(key: string): Promise<T | Damage | undefined> {
    try {
      return openDocument<T>(key, await this.store.get(key));
    } catch (error) {
      if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return error;
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  private async putOnce(key: string, value: object): Promise<void> {
    await this.store.putOnce(key, sealDocument(value), { contentType: 'application/json' });
  }
}

function isDamaged(value: object): value is Damage {
  return value instanceof ObjectCorruptError || value instanceof ObjectUnreadableError;
}
