import fc from 'fast-check';
import { NeighborStatistics } from './neighbor-statistics';

const MAX_K = 4;
const trainRow = fc.record({ distance: fc.nat(4), label: fc.constantFrom(0, 1), group: fc.nat(9) });

test('means and votes equal those from sorting all rows, with ties and groups', () => {
  const cases = fc
    .array(trainRow, { minLength: 12, maxLength: 30 })
    .filter((rows) =>
      [0, 1].every((label) => rows.filter((row) => row.label === label && row.group !== 0).length >= MAX_K),
    );
  fc.assert(
    fc.property(cases, (rows) => {
      const testRow = { distance: 0, label: 0, group: 0 };
      const all = [testRow, ...rows];
      const indexes = Int32Array.from(all.keys()).slice(1);
      const neighbors = new NeighborStatistics(MAX_K);
      neighbors.setRow(
        Float64Array.from(all, ({ distance }) => distance),
        0,
        {
          rowsByLabel: [indexes.filter((row) => all[row].label === 0), indexes.filter((row) => all[row].label === 1)],
          groups: Int32Array.from(all, ({ group }) => group),
        },
      );
      const others = rows.filter(({ group }) => group !== 0).sort((a, b) => a.distance - b.distance);
      for (let k = 1; k <= MAX_K; k++) {
        const nearest = (label: number) => others.filter((row) => row.label === label).slice(0, k);
        const mean = (subset: typeof others) => subset.reduce((sum, { distance }) => sum + distance, 0) / k;
        const voters = others.filter(({ distance }) => distance <= others[k - 1].distance);
        const atZero = voters.filter(({ distance }) => distance === 0);
        const weight = (subset: typeof others) =>
          atZero.length > 0
            ? subset.filter((row) => atZero.includes(row)).length
            : subset.reduce((sum, { distance }) => sum + 1 / distance, 0);
        const malignant = voters.filter(({ label }) => label === 1);
        expect(neighbors.benignMeans[k - 1]).toBeCloseTo(mean(nearest(0)), 12);
        expect(neighbors.malignantMeans[k - 1]).toBeCloseTo(mean(nearest(1)), 12);
        expect(neighbors.voteShares[k - 1]).toBeCloseTo(malignant.length / voters.length, 12);
        expect(neighbors.weightedShares[k - 1]).toBeCloseTo(weight(malignant) / weight(voters), 12);
      }
    }),
  );
});
