import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { type ModelComparison, type ModelPin, ObjectKeys } from '@cytoqueue/records';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { ComparisonMissingError, LowerSensitivityError } from './model-errors';
import { ModelRegistry } from './model-registry';

let dir: string;
let store: ObjectStore;
let registry: ModelRegistry;
let candidate: ModelPin;
let champion: ModelPin;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-'));
  store = openStore(pathToFileURL(dir).href);
  await store.start();
  registry = new ModelRegistry(store);
  await registry.installShipped();
  champion = await registry.resolve('wbc-knn');
  candidate = await addVersion('1.2.0');
});

afterEach(() => rm(dir, { recursive: true }));

async function addVersion(version: string): Promise<ModelPin> {
  const { file } = parseModel(await store.get(ObjectKeys.model('wbc-knn', '1.0.0')));
  return registry.add(Buffer.from(serializeModel({ ...file, version })));
}

const figure = (low: number, high: number) => ({ value: 0.9, other: 0.95, difference: { value: low, low, high } });

/** Figures against `other` with this interval for the difference of sensitivity. */
function comparison(other: ModelPin, low: number, high: number, source = 'wbc-knn@1.2.0'): ModelComparison {
  const rest = { specificity: figure(-1, -1), auc: figure(-1, -1), brier: figure(1, 1), coverage: figure(-1, -1) };
  return {
    model: `${other.name}@${other.version}`,
    digest: other.digest,
    records_of: source,
    records: 683,
    folds: 10,
    repetitions: 5,
    sensitivity: figure(low, high),
    ...rest,
  };
}

const promote = (accepted: object = {}) => registry.promote('wbc-knn', '1.2.0', 'ada', accepted);
const championNow = async () => (await registry.readChampion('wbc-knn')).version;

test.each([
  [-0.05, 0.01],
  [-0.05, 0],
  [0, 0],
  [0.01, 0.05],
])('a candidate whose sensitivity differs by %d to %d is promoted', async (low, high) => {
  await registry.comparisons.add(candidate, [comparison(champion, low, high)]);
  expect((await promote()).version).toBe('1.2.0');
});

test('a candidate whose whole interval is below 0 is refused until that is accepted', async () => {
  await registry.comparisons.add(candidate, [comparison(champion, -0.05, -0.000001)]);
  await expect(promote()).rejects.toThrow(LowerSensitivityError);
  await expect(promote({ unknown: true })).rejects.toThrow('on 683 records of wbc-knn@1.2.0');
  expect(await championNow()).toBe('1.1.0');
  expect((await promote({ lowerSensitivity: true })).version).toBe('1.2.0');
});

test('it is refused when it is worse on any records, such as those of the champion', async () => {
  await registry.comparisons.add(candidate, [
    comparison(champion, 0.1, 0.2),
    comparison(champion, -0.9, -0.8, 'wbc-knn@1.1.0'),
  ]);
  await expect(promote()).rejects.toThrow('on 683 records of wbc-knn@1.1.0');
});

test('a candidate without figures against the present champion is refused until that is accepted', async () => {
  const [other] = [await registry.resolve('wbc-knn@1.0.0')];
  await registry.comparisons.add(candidate, [comparison(other, 0.01, 0.02)]);
  await expect(promote()).rejects.toThrow(ComparisonMissingError);
  await expect(promote({ lowerSensitivity: true })).rejects.toThrow('npm run models -- compare wbc-knn 1.2.0');
  expect((await promote({ unknown: true })).version).toBe('1.2.0');
});

test('figures of another file under the same names count as none', async () => {
  const forged = { ...champion, digest: `sha256:${'0'.repeat(64)}` };
  await registry.comparisons.add(candidate, [comparison(forged, 0.01, 0.02)]);
  await expect(promote()).rejects.toThrow(ComparisonMissingError);
  await registry.comparisons.add({ ...candidate, digest: forged.digest }, [comparison(champion, 0.01, 0.02)]);
  expect(await registry.comparisons.read(candidate)).toEqual([]);
  await expect(promote()).rejects.toThrow(ComparisonMissingError);
});

test('damaged figures count as none, and are replaced by new ones', async () => {
  await registry.comparisons.add(candidate, [comparison(champion, 0.01, 0.02)]);
  const folder = ObjectKeys.comparisonsFolder('wbc-knn', '1.2.0');
  await store.put(ObjectKeys.documentVersion(folder, 1), Buffer.from('{"digest":'));
  await expect(promote()).rejects.toThrow(ComparisonMissingError);
  await registry.comparisons.add(candidate, [comparison(champion, 0.01, 0.02)]);
  expect((await promote()).version).toBe('1.2.0');
});

test('newer figures replace those against the same version on the same records only', async () => {
  const other = await registry.resolve('wbc-knn@1.0.0');
  await registry.comparisons.add(candidate, [comparison(champion, 0, 0), comparison(other, 0, 0)]);
  await registry.comparisons.add(candidate, [comparison(champion, -0.1, -0.05)]);
  expect((await registry.comparisons.read(candidate)).map(({ sensitivity }) => sensitivity.difference.high)).toEqual([
    -0.05, 0,
  ]);
  await expect(promote()).rejects.toThrow(LowerSensitivityError);
});

test('the champion itself can be promoted again, and a rollback needs no figures', async () => {
  expect((await registry.promote('wbc-knn', '1.1.0', 'ada')).version).toBe('1.1.0');
  await promote({ unknown: true });
  expect((await registry.rollBack('wbc-knn', 'ada')).version).toBe('1.1.0');
});

test('shipped versions carry their figures against each other, so that each can be promoted', async () => {
  expect((await registry.comparisons.read(champion)).map(({ model }) => model).sort()).toEqual([
    'wbc-knn-euclidean@1.0.0',
    'wbc-knn@1.0.0',
  ]);
  expect((await registry.promote('wbc-knn', '1.0.0', 'ada')).version).toBe('1.0.0');
  expect((await registry.promote('wbc-knn', '1.1.0', 'ada')).version).toBe('1.1.0');
});

test('stored figures are no version of the model', async () => {
  await registry.comparisons.add(candidate, [comparison(champion, 0, 0)]);
  expect((await registry.find('wbc-knn'))?.versions).toEqual(['1.0.0', '1.1.0', '1.2.0']);
});
