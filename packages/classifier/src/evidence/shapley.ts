import { createRandom, shuffle } from '../random';

/**
 * Exact Shapley values: a player's marginal contribution, averaged over all orders in which players can join.
 * Shapley (1953), "A value for n-person games". They sum to the value of all players minus the value of none.
 * @param coalitionValues value of every coalition, by bit mask of its players
 */
export function shapleyValues(coalitionValues: Float64Array): Float64Array {
  const players = Math.log2(coalitionValues.length);
  const values = new Float64Array(players);
  const gainsBySize = new Float64Array(players);
  const sizes = coalitionSizes(players);
  for (let player = 0; player < players; player++) {
    gainsBySize.fill(0);
    const bit = 1 << player;
    // The masks without this player, ascending.
    for (let others = 0; others < coalitionValues.length; others += 2 * bit) {
      for (let mask = others; mask < others + bit; mask++)
        gainsBySize[sizes[mask]] += coalitionValues[mask | bit] - coalitionValues[mask];
    }
    values[player] = meanOfMeans(gainsBySize);
  }
  return values;
}

/** A player joins coalitions of each size equally often, and each coalition of one size equally often. */
function meanOfMeans(sumsBySize: Float64Array): number {
  const others = sumsBySize.length - 1;
  let [sum, coalitions] = [0, 1];
  for (let size = 0; size <= others; size++) {
    sum += sumsBySize[size] / coalitions;
    coalitions = (coalitions * (others - size)) / (size + 1);
  }
  return sum / sumsBySize.length;
}

const sizesByPlayers: Uint8Array[] = [];

function coalitionSizes(players: number): Uint8Array {
  sizesByPlayers[players] ??= new Uint8Array(2 ** players).map(
    (_, mask, sizes) => (sizes[mask] = sizes[mask >> 1] + (mask & 1)),
  );
  return sizesByPlayers[players];
}

/** A game whose coalitions grow one player at a time. */
export interface CooperativeGame {
  readonly players: number;
  /** Value of the coalition at a depth plus one player. */
  coalitionValue(depth: number, player: number): number;
  /** Stores that larger coalition at depth + 1. */
  addPlayer(depth: number, player: number): void;
}

/**
 * Value of every coalition, by bit mask of its players. Walks the tree of subsets in which a child has one more player,
 * later than all of its parent's, so that each coalition costs one addition to its parent. Depth 0 is the empty set.
 */
export function computeCoalitionValues(game: CooperativeGame, emptyValue: number): Float64Array {
  const values = new Float64Array(2 ** game.players);
  values[0] = emptyValue;
  const visit = (mask: number, depth: number, firstPlayer: number): void => {
    for (let player = firstPlayer; player < game.players; player++) {
      const larger = mask | (1 << player);
      values[larger] = game.coalitionValue(depth, player);
      if (player === game.players - 1) return;
      game.addPlayer(depth, player);
      visit(larger, depth + 1, player + 1);
    }
  };
  visit(0, 0, 0);
  return values;
}

/** A game in which the present coalition grows one player at a time. */
export interface GrowingCoalition {
  readonly players: number;
  clear(): void;
  /** @returns the value of the coalition with this player */
  add(player: number): number;
}

const SEED = 7;

/**
 * Estimates Shapley values from some orders in which the players join, each followed by its reverse. Castro, Gómez and
 * Tejada (2009), "Polynomial calculation of the Shapley value based on sampling". They sum to the same total as the
 * exact ones, and are the same on every machine.
 */
export function sampleShapleyValues(
  game: GrowingCoalition,
  orders: number,
  emptyValue: number,
  fullValue: number,
): Float64Array {
  const values = new Float64Array(game.players);
  const random = createRandom(SEED);
  let order = Array.from(values.keys());
  const count = Math.max(1, orders);
  for (let sampled = 0; sampled < count; sampled++) {
    order = sampled % 2 === 0 ? shuffle(order, random) : order.toReversed();
    game.clear();
    let before = emptyValue;
    order.forEach((player, position) => {
      const value = position === order.length - 1 ? fullValue : game.add(player);
      values[player] += value - before;
      before = value;
    });
  }
  return values.map((value) => value / count);
}
