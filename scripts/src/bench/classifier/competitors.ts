import { Classifier, createPredictionColumns, type Model } from '@cytoqueue/classifier';
import KNN from 'ml-knn';
import type { PythonCompetitors } from './python-competitors';

export interface Competitor {
  readonly name: string;
  /** Predicts `rows` queries, starting over after the last one. */
  readonly cpuSeconds: (rows: number) => number | Promise<number>;
}

/** ml-knn has neither the class-ratio rule nor Bray-Curtis, so it runs k votes by Euclidean distance. */
export function createCompetitors(
  model: Model,
  queries: Float64Array,
  present: readonly string[],
  pythonCompetitors: PythonCompetitors,
): Competitor[] {
  return [
    { name: 'kernel', cpuSeconds: timeClassifier(new Classifier(model), queries) },
    { name: 'reference', cpuSeconds: timeClassifier(new Classifier(model, { kernel: false }), queries) },
    { name: 'ml_knn', cpuSeconds: timeMlKnn(model, queries) },
    ...present.map((name) => ({ name, cpuSeconds: (rows: number) => pythonCompetitors.cpuSeconds(name, rows) })),
  ];
}

export function timeClassifier(classifier: Classifier, queries: Float64Array): (rows: number) => number {
  const { featureCount } = classifier.model.training;
  const isOfBytes = classifier.model.schema.features.every(({ integer, max }) => integer && max < 256);
  const samples = isOfBytes ? Uint8Array.from(queries) : queries;
  const count = queries.length / featureCount;
  const out = createPredictionColumns(count);
  return (rows) => measureCpuSeconds(() => {
    for (let first = 0; first < rows; first += count) classifier.predictInto(samples, Math.min(count, rows - first), out);
  }); // prettier-ignore
}

function timeMlKnn({ training, file }: Model, queries: Float64Array): (rows: number) => number {
  const toRows = (values: Float64Array) =>
    Array.from({ length: values.length / training.featureCount }, (_, row) =>
      Array.from(values.subarray(row * training.featureCount, (row + 1) * training.featureCount)),
    );
  const knn = new KNN(toRows(training.samples), Array.from(training.labels), { k: file.k });
  const asked = toRows(queries.subarray(0, 2000 * training.featureCount));
  return (rows) => measureCpuSeconds(() => {
    for (let first = 0; first < rows; first += asked.length) knn.predict(asked.slice(0, Math.min(asked.length, rows - first)));
  }); // prettier-ignore
}

/** User and system time of this process, all threads. */
function measureCpuSeconds(act: () => void): number {
  const begin = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}
