import {
  type ChampionDocument,
  ObjectKeys,
  type Promotion,
  unsealDocument,
  readDocumentBytes,
  putDocumentOnce,
} from '@cytoqueue/records';
import {
  ObjectCorruptError,
  ObjectMismatchError,
  ObjectNotFoundError,
  type ObjectStore,
  ObjectUnreadableError,
  listAll,
} from '@cytoqueue/storage';

/** Another request changed the champion at the same time. */
export class ChampionChangedError extends Error {
  readonly code = 'champion-changed';
}

type Damage = ObjectCorruptError | ObjectUnreadableError;

/** Champion and promotions of one model name. */
export interface ChampionState {
  /** undefined before the first promotion, and when the newest promotion is damaged. */
  version: string | undefined;
  /** Oldest first, without damaged entries. */
  history: Promotion[];
  /** Number of the next promotion, from 1. */
  nextNumber: number;
  damage?: Damage;
}

/**
 * Stores which version of each model is champion. The first promotion is `champion.json`; each later one is a numbered
 * object that can be written once. Of two concurrent promotions the second is refused, and none is lost from the
 * history.
 */
export class ChampionHistory {
  /** @param prefix stands before the names of the models, in messages only */
  constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
  ) {}

  /** A damaged object removes only itself from the history; a promotion after it is valid. */
  async read(name: string): Promise<ChampionState> {
    const first = await this.readFirst(name);
    const later = await this.promotionsAfter(name, isDamaged(first) ? 0 : first.history.length);
    const newest = later.at(-1)?.promotion ?? first;
    const history = [
      ...(isDamaged(first) ? [] : first.history),
      ...later.flatMap(({ promotion }) => (isDamaged(promotion) ? [] : [promotion])),
    ];
    const minNumber = isDamaged(first) ? 2 : first.history.length + 1;
    const nextNumber = Math.max(minNumber, (later.at(-1)?.number ?? 0) + 1);
    return isDamaged(newest)
      ? { version: undefined, history, nextNumber, damage: newest }
      : { version: newest.version, history, nextNumber };
  }

  /**
   * Writes the promotion that follows `state`.
   * @throws ChampionChangedError when another promotion was written first
   */
  async append(name: string, state: ChampionState, promotion: Promotion): Promise<ChampionDocument> {
    const history = [...state.history, promotion];
    const champion: ChampionDocument = { version: promotion.version, history };
    try {
      if (state.nextNumber === 1) await putDocumentOnce(this.store, ObjectKeys.champion(name), champion);
      else await putDocumentOnce(this.store, ObjectKeys.promotion(name, state.nextNumber), promotion);
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      throw new ChampionChangedError(
        `the champion of ${this.prefix}${name} was changed by another request at the same time`,
        { cause: error },
      );
    }
    return champion;
  }

  private async readFirst(name: string): Promise<ChampionDocument | ChampionState | Damage> {
    const key = ObjectKeys.champion(name);
    const first = await this.readIntact<ChampionDocument>(key);
    if (first === undefined) return { version: undefined, history: [], nextNumber: 1 };
    if (isDamaged(first) || (typeof first.version === 'string' && Array.isArray(first.history))) return first;
    return new ObjectCorruptError(key, 'it does not name a champion');
  }

  private async promotionsAfter(
    name: string,
    number: number,
  ): Promise<{ number: number; promotion: Promotion | Damage }[]> {
    const keys: string[] = [];
    const startAfter = number === 0 ? undefined : ObjectKeys.promotion(name, number);
    for await (const { key } of listAll(this.store, ObjectKeys.promotionsFolder(name), { startAfter })) keys.push(key);
    const found = await Promise.all(
      keys.map(async (key) => ({
        number: ObjectKeys.parsePromotion(key),
        promotion: await this.readIntact<Promotion>(key),
      })),
    );
    return found.flatMap(({ number, promotion }) =>
      number === undefined || promotion === undefined ? [] : [{ number, promotion }],
    );
  }

  private async readIntact<T extends object>(key: string): Promise<T | Damage | undefined> {
    try {
      return unsealDocument<T>(key, await readDocumentBytes(this.store, key));
    } catch (error) {
      if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return error;
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }
}

function isDamaged(value: object): value is Damage {
  return value instanceof ObjectCorruptError || value instanceof ObjectUnreadableError;
}
