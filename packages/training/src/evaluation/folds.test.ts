import fc from 'fast-check';
import { completeRows } from '../../../classifier/test/wisconsin';
import { groupById } from '../training-data';
import { assignFolds } from './folds';
import { createRandom } from '@cytoqueue/classifier';

test('keeps the rows of a group in one fold', () => {
  const rows = fc.array(fc.record({ label: fc.constantFrom(0, 1), group: fc.nat(8) }), {
    minLength: 20,
    maxLength: 60,
  });
  fc.assert(
    fc.property(rows, fc.nat(), (all, seed) => {
      const folds = assignFolds(
        Uint8Array.from(all, ({ label }) => label),
        Int32Array.from(all, ({ group }) => group),
        3,
        createRandom(seed),
      );
      const foldsOfGroup = new Map(all.map(({ group }, row) => [group, folds[row]]));
      expect(Array.from(folds)).toEqual(all.map(({ group }) => foldsOfGroup.get(group)));
    }),
  );
});

test('balances the classes of the Original data between folds, differently for each seed', () => {
  const labels = Uint8Array.from(completeRows, ({ label }) => label);
  const assignments = [1, 2, 3].map((seed) => assignFolds(labels, groupById(completeRows), 10, createRandom(seed)));
  for (const folds of assignments) {
    const counts = Array.from({ length: 10 }, (_, fold) =>
      [0, 1].map((label) => folds.filter((foldOfRow, row) => foldOfRow === fold && labels[row] === label).length),
    );
    for (const [benign, malignant] of counts) {
      expect(Math.abs(benign - 44.4)).toBeLessThan(2);
      expect(Math.abs(malignant - 23.9)).toBeLessThan(2);
    }
  }
  expect(new Set(assignments.map(String)).size).toBe(3);
});
