import { type Random, shuffle } from '@cytoqueue/classifier';

/**
 * Assigns rows to folds: rows of one group stay together, and the classes are balanced between folds as well as that
 * allows. After scikit-learn's StratifiedGroupKFold: groups in random order, sorted by class imbalance, largest first,
 * each assigned to the fold that balances the classes best.
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
    const classCounts = counts.get(group) ?? [0, 0];
    classCounts[labels[row]]++;
    counts.set(group, classCounts);
  });
  return counts;
}

function countsOf(countsByGroup: Map<number, number[]>, group: number): number[] {
  return countsByGroup.get(group) ?? [0, 0];
}

/** The fold that makes the class shares vary least between folds when it gets the group; on a tie the smaller fold. */
function bestFold(foldCounts: readonly number[][], counts: readonly number[], totals: readonly number[]): number {
  let best = 0;
  let [minSpread, minRows] = [Infinity, Infinity];
  for (let fold = 0; fold < foldCounts.length; fold++) {
    const spread = totals.reduce((sum, total, label) => {
      const shares = foldCounts.map((inFold, index) => (inFold[label] + (index === fold ? counts[label] : 0)) / total);
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
