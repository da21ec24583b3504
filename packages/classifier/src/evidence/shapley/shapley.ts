/**
 * Exact Shapley values: the mean, over all orders in which the players can come, of what each adds on coming.
 * Shapley (1953), "A value for n-person games". They add up to the worth of all minus the worth of nobody.
 * @param coalitionValues of every coalition, by bit mask of its players
 */
export function shapleyValues(coalitionValues: Float64Array): Float64Array {
  const players = Math.log2(coalitionValues.length);
  const values = new Float64Array(players);
  const gainsBySize = new Float64Array(players);
  const sizes = coalitionSizes(players);
  for (let player = 0; player < players; player++) {
    gainsBySize.fill(0);
    const bit = 1 << player;
    for (let mask = 0; mask < coalitionValues.length; mask++) {
      if ((mask & bit) === 0) gainsBySize[sizes[mask]] += coalitionValues[mask | bit] - coalitionValues[mask];
    }
    values[player] = meanOfMeans(gainsBySize);
  }
  return values;
}

/** A player comes to a coalition of each size equally often, and then to each of that size. */
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
