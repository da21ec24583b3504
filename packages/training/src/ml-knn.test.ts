import KNN from 'ml-knn';
import { Matrix } from 'ml-matrix';
import { completeRows, shippedModel } from '../../classifier/test/wisconsin';
import { Classifier } from '@cytoqueue/classifier';

const K = 5;
const training = new Matrix(completeRows.map(({ sample }) => Array.from(sample)));
const labels = completeRows.map(({ label }) => label);

/** One record per training row that differs from it by one grade of one feature. */
const queries = completeRows.flatMap(({ sample }, row) => {
  const query = Array.from(sample);
  query[row % 9] = query[row % 9] === 10 ? 9 : query[row % 9] + 1;
  return [query];
});

/** Squared distances query × training row, ‖a‖² + ‖b‖² − 2 a·b; exact for integers. */
function squaredDistances(): Matrix {
  const queryMatrix = new Matrix(queries);
  const norms = (matrix: Matrix) => Matrix.pow(matrix, 2).sum('row');
  return queryMatrix
    .mmul(training.transpose())
    .mul(-2)
    .addColumnVector(norms(queryMatrix))
    .addRowVector(norms(training));
}

test('the baseline classifies as ml-knn does unless the k-th nearest row is a tie', () => {
  const baseline = Classifier.load(shippedModel('wbc-knn-euclidean'));
  const mlKnn = new KNN(training.to2DArray(), labels, { k: K });
  const sorted = squaredDistances()
    .to2DArray()
    .map((row) => row.sort((a, b) => a - b));
  const defined = queries.filter((_, i) => sorted[i][K - 1] < sorted[i][K]);
  expect(defined.length).toBeGreaterThan(100);
  expect(defined.map((query) => baseline.predict(query).label)).toEqual(mlKnn.predict(defined));
});

test("the baseline's distances equal the distance matrix", () => {
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
