import { Classifier, type Model, type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { ofClassifier } from './contestants';
import { shippedModel } from './models';
import type { PythonPeers } from './python-peers';
import { createRandom, drawQueries } from './queries';

const SIZES = [683, 10_000, 100_000, 1_000_000];
/** Distances that a measurement may take, about. */
const WORK = 2e8;

/** How cost grows with the training rows, of the baseline's rule; where a tree or an index begins to pay. */
export async function benchGrowth(peers: PythonPeers): Promise<void> {
  const shipped = shippedModel('wbc-knn-euclidean');
  console.log(`\nµs of CPU a query by training rows (${shipped.name}, synthetic rows like the training file's)`);
  for (const rows of SIZES) {
    const model = rows === shipped.training.rows ? shipped : grow(shipped, rows);
    const queries = drawQueries(model, Math.max(50, Math.min(20_000, Math.floor(WORK / rows))), createRandom(2));
    const asked = queries.length / model.training.featureCount;
    const classifier = new Classifier(model);
    const ours = ofClassifier(classifier, queries);
    ours(asked);
    const figures = [`${classifier.paths.kernel} ${microseconds(ours(asked), asked)}`];
    const descriptions = await peers.load(model, queries, { trees: true });
    for (const peer of Object.keys(descriptions).filter((name) => descriptions[name] !== null)) {
      figures.push(`${peer} ${microseconds(await peers.cpuSeconds(peer, asked), asked)}`);
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
