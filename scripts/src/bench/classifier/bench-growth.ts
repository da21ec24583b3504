import { Classifier, type Model, type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { timeClassifier } from './competitors';
import { shippedModel } from './models';
import type { PythonCompetitors } from './python-competitors';
import { createRandom, drawQueries } from './queries';

const SIZES = [683, 10_000, 100_000, 1_000_000];
/** Approximate number of distances per measurement. */
const DISTANCES_PER_MEASUREMENT = 2e8;

/** Measures how cost grows with the training rows, with the baseline's rule, to show where a tree or an index pays. */
export async function benchGrowth(competitors: PythonCompetitors): Promise<void> {
  const shipped = shippedModel('wbc-knn-euclidean');
  console.log(`\nµs of CPU a query by training rows (${shipped.name}, synthetic rows like the training file's)`);
  for (const rows of SIZES) {
    const model = rows === shipped.training.rows ? shipped : grow(shipped, rows);
    const queries = drawQueries(
      model,
      Math.max(50, Math.min(20_000, Math.floor(DISTANCES_PER_MEASUREMENT / rows))),
      createRandom(2),
    );
    const queryCount = queries.length / model.training.featureCount;
    const classifier = new Classifier(model);
    const ours = timeClassifier(classifier, queries);
    ours(queryCount);
    const figures = [`${classifier.routingCounts.kernel} ${microseconds(ours(queryCount), queryCount)}`];
    const descriptions = await competitors.load(model, queries, { trees: true });
    for (const peer of Object.keys(descriptions).filter((name) => descriptions[name] !== null)) {
      figures.push(`${peer} ${microseconds(await competitors.cpuSeconds(peer, queryCount), queryCount)}`);
    }
    console.log(`  ${rows.toLocaleString('en').padStart(9)}  ${figures.join('  ')}`);
  }
}

function microseconds(seconds: number, rows: number): string {
  return ((seconds * 1e6) / rows).toPrecision(3);
}

function grow(model: Model, rows: number): Model {
  const random = createRandom(3);
  const samples = Array.from(drawQueries(model, rows, random));
  const labels = Array.from({ length: rows }, () => (random() < 0.35 ? 1 : 0) as 0 | 1);
  const training: ModelFile['training'] = { data_digest: '', rows: labels.map((_, row) => row + 1), labels, samples };
  return parseModel(serializeModel({ ...model.file, training }));
}
