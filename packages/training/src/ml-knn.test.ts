import KNN from 'ml-knn';
import { Matrix } from 'ml-matrix';
import { completeRows, shippedModel } from '../../classifier/test/wisconsin';
import { Classifier } from '@cytoqueue/classifier';

const K = 5;
const training = new Matrix(completeRows.map(({ sample }) => Array.from(sample)));
const labels = completeRows.map(({ label }) => label);

/** Every record that differs from a training row by one grade of one feature. */
const queries = completeRows.flatMap(({ sample }, row) => {
  const query = Array.from(sample);
  query[row % 9] = query[row % 9] === 10 ? 9 : query[row % 9] + 1;
  return [query];
});

/** Squared distances query × training row, ‖a‖² + ‖b‖² − 2 a·b; exact for whole numbers. */
function squaredDistances(): Matrix {
  const asked = new Matrix(queries);
  const norms = (matrix: Matrix) => Matrix.pow(matrix, 2).sum('row');
  return asked.mmul(training.transpose()).mul(-2).addColumnVector(norms(asked)).addRowVector(norms(training));
}

test('the baseline calls records as ml-knn does where the k-th place is no tie', () => {
  const baseline = Classifier.load(shippedModel('wbc-knn-euclidean'));
  const peer = new KNN(training.to2DArray(), labels, { k: K });
  const sorted = squaredDistances()
    .to2DArray()
    .map((row) => row.sort((a, b) => a - b));
  const defined = queries.filter((_, i) => sorted[i][K - 1] < sorted[i][K]);
  expect(defined.length).toBeGreaterThan(100);
  expect(defined.map((query) => baseline.predict(query).label)).toEqual(peer.predict(defined));
});

test("the baseline's distances are those of the distance matrix", () => {
  const baseline = Classifier.load(shippedModel('wbc-knn-euclidean'));
  squaredDistances()
    .to2DArray()
    .forEach((row, i) => {
      const nearest = row
        .sort((a, b) => a - b)
        .slice(0, K)
        .map(Math.sqrt);
      expect(baseline.predict(queries[i]).neighbors.map(({ distance }) => distance)).toEqual(nearest);
    });
});
