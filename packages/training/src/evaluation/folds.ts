import { type Random, shuffle } from './random';

/**
 * Deals rows into folds: rows of one group stay together, and every fold gets its share of each class as nearly as that
 * allows. After scikit-learn's StratifiedGroupKFold: groups in random order, those that tip the classes most first,
 * each to the fold that evens the classes out best.
 * @returns the fold of each row
 */
export function assignFolds(labels: Uint8Array, groups: Int32Array, folds: number, random: Random): Int32Array {
  const countsByGroup = countByGroup(labels, groups);
  const order = shuffle([...countsByGroup.keys()], random);
  const imbalance = (group: number) => Math.abs(countsOf(countsByGroup, group)[0] - countsOf(countsByGroup, group)[1]);
  order.sort((one, other) => imbalance(other) - imbalance(one));
  const foldCounts = Array.from({ length: folds }, () => [0, 0]);
  const totals = [...countsByGroup.values()].reduce(
    ([benign, malignant], [b, m]) => [benign + b, malignant + m],
    [0, 0],
  );
  const foldOfGroup = new Map<number, number>();
  for (const group of order) {
    const counts = countsOf(countsByGroup, group);
    const fold = bestFold(foldCounts, counts, totals);
    foldOfGroup.set(group, fold);
    foldCounts[fold] = [foldCounts[fold][0] + counts[0], foldCounts[fold][1] + counts[1]];
  }
  return groups.map((group) => foldOfGroup.get(group) ?? 0);
}

function countByGroup(labels: Uint8Array, groups: Int32Array): Map<number, number[]> {
  const counts = new Map<number, number[]>();
  groups.forEach((group, row) => {
    const own = counts.get(group) ?? [0, 0];
    own[labels[row]]++;
    counts.set(group, own);
  });
  return counts;
}

function countsOf(countsByGroup: Map<number, number[]>, group: number): number[] {
  return countsByGroup.get(group) ?? [0, 0];
}

/** The fold after whose gain the shares of the classes vary least between folds; among equals the one with fewer rows. */
function bestFold(foldCounts: readonly number[][], counts: readonly number[], totals: readonly number[]): number {
  let best = 0;
  let [minSpread, minRows] = [Infinity, Infinity];
  for (let fold = 0; fold < foldCounts.length; fold++) {
    const spread = totals.reduce((sum, total, label) => {
      const shares = foldCounts.map((own, index) => (own[label] + (index === fold ? counts[label] : 0)) / total);
      return sum + standardDeviation(shares);
    }, 0);
    const rows = foldCounts[fold][0] + foldCounts[fold][1];
    const isTie = Math.abs(spread - minSpread) < 1e-12;
    if (isTie ? rows < minRows : spread < minSpread) [best, minSpread, minRows] = [fold, spread, rows];
  }
  return best;
}

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
