import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { type Label, wbc } from '@cytoqueue/schema';
import { type LabelledSample, fit } from '@cytoqueue/training';
import { runModels } from '../../../scripts/src/models/models-command.test.fixtures';
import { ROOT, makeDataDir } from '../support/stack-process';

const dataDir = makeDataDir();
const champion = parseModel(readFileSync(join(ROOT, 'packages/registry/models/wbc-knn/1.1.0.json')));
const { featureCount, labels, samples, trainingRows } = champion.training;
const rows = Array.from(trainingRows, (trainingRow, row): LabelledSample => {
  const sample = samples.subarray(row * featureCount, (row + 1) * featureCount);
  return { trainingRow, sample, label: labels[row] as Label };
});

afterAll(() => rmSync(dataDir, { recursive: true }));

const models = (...args: string[]) => runModels(dataDir, ...args);

function fitted(labelled: readonly LabelledSample[], k = 5): Omit<ModelFile, 'digest'> {
  const dataDigest = champion.file.training.data_digest;
  const { limits_of_use: limitsOfUse } = champion.file;
  return fit(labelled, {
    name: 'wbc-knn',
    version: '',
    schema: wbc,
    metric: 'bray-curtis',
    rule: 'class-ratio',
    k,
    dataDigest,
    limitsOfUse,
  });
}

async function addAndPromote(version: string, file: Omit<ModelFile, 'digest'>, ...accepted: string[]) {
  const path = join(dataDir, `${version}.json`);
  writeFileSync(path, serializeModel({ ...file, version }));
  expect(await models('add', path)).toMatchObject({ status: 0, said: expect.stringContaining('wbc-knn@1.1.0') });
  return models('promote', 'wbc-knn', version, ...accepted);
}

test('a candidate with exchanged labels is refused, although it is right by its own and states the data of the champion', async () => {
  const exchanged = rows.map((row) => ({ ...row, label: (1 - row.label) as Label }));
  expect(await addAndPromote('2.0.0', fitted(exchanged), '--accept-unknown')).toMatchObject({
    status: 1,
    said: expect.stringContaining('on 683 records of wbc-knn@1.1.0'),
  });
});

test('a candidate with one malignant label in three wrong is refused', async () => {
  const wrong = rows.map((row, index) => (row.label === 1 && index % 3 === 0 ? { ...row, label: 0 as Label } : row));
  expect(await addAndPromote('2.1.0', fitted(wrong))).toMatchObject({
    status: 1,
    said: expect.stringContaining('finds fewer malignant records'),
  });
});

test('a candidate of few malignant rows is refused', async () => {
  let malignant = 0;
  const few = rows.filter(({ label }) => label === 0 || ++malignant <= 15);
  expect(await addAndPromote('2.2.0', fitted(few))).toMatchObject({
    status: 1,
    said: expect.stringContaining('finds fewer malignant records'),
  });
});

test('a candidate that looks at one neighbour is compared, and promoted as long as no loss is proven', async () => {
  const said = await addAndPromote('2.3.0', fitted(rows, 1));
  expect(said).toMatchObject({ status: 0, said: expect.stringContaining('wbc-knn@champion is 2.3.0 now') });
  expect(await models('rollback', 'wbc-knn')).toMatchObject({ status: 0 });
});

test('a copy of the champion differs by 0 and is promoted', async () => {
  const { digest: _, ...copy } = champion.file;
  expect(await addAndPromote('2.4.0', copy)).toMatchObject({ status: 0 });
  expect(await models('rollback', 'wbc-knn')).toMatchObject({ status: 0 });
});
