import { Classifier } from '@cytoqueue/classifier';
import { parse } from 'csv-parse/sync';
import { wideModel } from '../../../../packages/classifier/test/wide-model';
import { scoreShard } from './score-shard';

test('missing features beyond the thirty-second are counted and named in each row', () => {
  const bytes = Buffer.from(wideModel(64, 60));
  const classifier = Classifier.load(bytes);
  const columns = classifier.model.schema.features.map(({ name }) => name);
  const row = (...missing: number[]) => columns.map((_, i) => (missing.includes(i + 1) ? '' : (i % 5) / 2)).join(';');
  const { results, counts } = scoreShard(classifier, {
    bytes: Buffer.from([row(), row(1), row(33), row(33, 64), row(1)].join('\n')),
    rows: 5,
    firstRow: 1,
    dialect: { delimiter: ';', lineEnd: '\n', bom: false },
    columns,
    options: { formulas: 'escape', operating_point: 'default', missing: 'partial', explain: false },
    model: { digest: classifier.model.digest, bytes },
  });
  const cells = parse(Buffer.from(results), { delimiter: ';' }) as string[][];
  expect(cells.map((cell) => cell[64 + 6])).toEqual(['', 'f1', 'f33', 'f33;f64', 'f1']);
  expect(counts).toMatchObject({ succeeded: 5, missing_features: 4 });
});
