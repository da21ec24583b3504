import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel } from '@cytoqueue/classifier';
import { RowExplainer } from './row-explainer';

const modelFile = readFileSync(join(__dirname, '../../../../packages/registry/models/wbc-knn/1.0.0.json'));
const model = parseModel(modelFile);

/** Between the classes, so that the operating points differ in the class and in the smallest flip. */
const samples = [
  [5, 4, 4, 5, 7, 5, 3, 2, 1],
  [5, 4, 4, 5, 7, NaN, 3, 2, 1],
  [3, 3, 2, 2, 3, 3, 3, 3, 1],
  [1, 1, 1, 1, 2, 1, 2, 1, 1],
].map((sample) => Float64Array.from(sample));
const operatingPoints = ['default', 'sensitivity99'] as const;

test('samples that occur again have the cells of their own operating point, also when few are kept', () => {
  const kept = new RowExplainer(model);
  const keepsTwo = new RowExplainer(model, 2 * kept.width);
  for (let round = 0; round < 2; round++) {
    for (const operatingPoint of operatingPoints) {
      for (const sample of samples) {
        const cells = new RowExplainer(model).cells(sample, operatingPoint);
        expect(cells).toHaveLength(kept.width);
        expect(kept.cells(sample, operatingPoint)).toEqual(cells);
        expect(keepsTwo.cells(sample, operatingPoint)).toEqual(cells);
      }
    }
  }
});

test('the operating points of these samples differ, so that mixing them up would show', () => {
  const explainer = new RowExplainer(model);
  const [first, second] = operatingPoints.map((point) => samples.map((sample) => explainer.cells(sample, point)));
  expect(first).not.toEqual(second);
});
