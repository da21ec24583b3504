/** A game whose coalitions grow one player at a time. */
export interface CooperativeGame {
  readonly players: number;
  /** Worth of the coalition at a depth when a player joins it. */
  coalitionValue(depth: number, player: number): number;
  /** Puts that larger coalition at depth + 1. */
  addPlayer(depth: number, player: number): void;
}

/**
 * The worth of every coalition, by bit mask of its players. Walks the tree of subsets in which a child has one more
 * player, later than all of its parent's, so that each costs one addition to its parent. Depth 0 is nobody.
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
