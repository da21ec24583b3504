import { Classifier, createPredictionColumns } from '@cytoqueue/classifier';
import type { PythonCompetitors } from './python-competitors';

const CHECKED_ROWS = 500;
/** Relative tolerance: faiss uses single precision and expands squares, which loses precision near 0. */
const TOLERANCES: Readonly<Record<string, number>> = { sklearn_brute: 1e-9, faiss: 2e-2 };

/**
 * Checks that the kernel matches the reference bit for bit and the competitors' k nearest distances match ours.
 * @throws Error otherwise, because timings of wrong results are worthless
 */
export async function checkPredictions(
  classifier: Classifier,
  queries: Float64Array,
  present: readonly string[],
  competitors: PythonCompetitors,
  checkedRows = CHECKED_ROWS,
): Promise<void> {
  const { model } = classifier;
  const { featureCount } = model.training;
  checkBitEquality(classifier, queries.subarray(0, 4 * checkedRows * featureCount));
  const ours = Array.from({ length: checkedRows }, (_, row) =>
    classifier
      .kneighbors(queries.subarray(row * featureCount, (row + 1) * featureCount), model.file.k)
      .map(({ distance }) => distance),
  );
  for (const competitor of present) {
    const theirs = await competitors.distances(competitor, checkedRows);
    const largest = Math.max(
      ...ours.flatMap((distances, row) =>
        distances.map((distance, i) => Math.abs(distance - (theirs[row]?.[i] ?? NaN)) / Math.max(1, distance)),
      ),
    );
    if (!(largest <= (TOLERANCES[competitor] ?? 0)))
      throw new Error(`${competitor} measures other distances: they differ by ${largest}`);
    console.log(
      `  ${checkedRows} answers as ${competitor} has them; distances differ by at most ${largest.toExponential(1)}`,
    );
  }
}

function checkBitEquality(classifier: Classifier, samples: Float64Array): void {
  const rows = samples.length / classifier.model.training.featureCount;
  const [fast, exact] = [createPredictionColumns(rows), createPredictionColumns(rows)];
  classifier.predictInto(samples, rows, fast);
  new Classifier(classifier.model, { kernel: false }).predictInto(samples, rows, exact);
  const differing = fast.probability.findIndex(
    (value, row) => value !== exact.probability[row] || fast.reasonFlags[row] !== exact.reasonFlags[row],
  );
  if (differing >= 0) throw new Error(`the kernel and the reference differ in row ${differing}`);
  const { kernel, answeredByKernel } = classifier.routingCounts;
  console.log(
    `  ${rows} answers as the reference's to the last bit, ${answeredByKernel} of them by the ${kernel} kernel`,
  );
}
