import { parseModel } from '@cytoqueue/classifier';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { run, score } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { readCsv } from '../support/records';
import { thyroidCsv, thyroidModel, thyroidRows, thyroidSchema } from '../support/third-schema';
import type { SharedStack } from './shared-stack';

const MODEL = 'thyroid-knn@1.0.0';
const LABELS = ['euthyroid', 'relapsed'];

/** No service has code for this schema: features, labels and missing-value rules come from the model file. */
export function thirdSchemaCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;
  const { features } = thyroidSchema;
  const record = (row: number) => {
    const sample = thyroidRows()[row]!.sample;
    return Object.fromEntries(features.map(({ name }, index) => [name, sample[index] ?? null]));
  };

  beforeAll(async () => {
    client = await connect('third-schema');
    await new ModelRegistry(openStore(`file://${stack().dataDir}/objects`)).add(Buffer.from(thyroidModel()));
  });

  test('the version describes its own features, units and classes', async () => {
    const { json } = await client.get('/v1/models/thyroid-knn/versions/1.0.0');
    expect(json.labels).toEqual(LABELS);
    expect(json.schema).toMatch(/^custom-[0-9a-f]{16}$/);
    expect(json.features[0]).toMatchObject({
      name: 'tsh',
      title: 'TSH',
      unit: 'mU/L',
      min: 0,
      max: 200,
      integer: false,
    });
    expect(json.features[6]).toMatchObject({ name: 'trend', min: -10 });
  });

  test('a record is answered with the probability of the positive class and its evidence', async () => {
    const { result } = await score(client, { model: MODEL, features: record(0) });
    expect(LABELS).toContain(result.predicted_class);
    expect(result).toMatchObject({ positive_class: 'relapsed', probability_positive: expect.any(Number) });
    expect(result).not.toHaveProperty('probability_malignant');
    expect(result.neighbors.every((neighbor: { class: string }) => LABELS.includes(neighbor.class))).toBe(true);
    const { conformal, shapley, approximated } = result.evidence;
    expect(Object.keys(conformal.p_values)).toEqual(LABELS);
    expect(Object.keys(shapley.values)).toEqual(features.map(({ name }) => name));
    const total = Object.values<number>(shapley.values).reduce((sum, value) => sum + value, shapley.base);
    expect(total).toBeCloseTo(result.probability_positive, 12);
    expect(approximated).toBeUndefined();
  });

  test('values out of range and unknown features are refused by the schema’s own rules', async () => {
    const send = (changed: object) =>
      client.post('/v1/predictions', { json: { model: MODEL, features: { ...record(0), ...changed } } });
    expect((await send({ trend: -11 })).json.errors).toMatchObject([{ field: 'trend', code: 'out-of-range' }]);
    expect((await send({ mitoses: 1 })).json.errors).toMatchObject([{ field: 'mitoses', code: 'unknown-feature' }]);
    const { result } = await score(client, { model: MODEL, features: { ...record(0), tsh: null } });
    expect(result).toMatchObject({ missing_features: ['tsh'], evidence: { missing: { method: 'plausible' } } });
  });

  test('a file is scored row for row like its records, and compared with its own class column', async () => {
    const rows = thyroidRows(60, 8);
    const { id, batch, results } = await run(client, thyroidCsv(rows), `?model=${MODEL}`);
    expect(batch).toMatchObject({ status: 'succeeded', agreement: { column: 'Verlauf' } });
    expect(batch.warnings).not.toContainEqual(expect.objectContaining({ code: 'ambiguous-class-codes' }));
    const [columns] = results.text.split('\n', 1);
    expect(columns).toContain(';predicted_class;probability_positive;outcome;');
    const scored = readCsv(results.text, ';');
    const { euthyroid, relapsed } = batch.summary.classes;
    expect(euthyroid + relapsed).toBe(60);
    expect(scored.filter((row) => row['predicted_class'] === 'relapsed')).toHaveLength(relapsed);
    expect(batch.summary).not.toHaveProperty('malignant');
    const answer = await score(client, {
      model: MODEL,
      features: Object.fromEntries(features.map(({ name }, index) => [name, rows[7]!.sample[index]])),
    });
    expect(Number(scored[7]?.['probability_positive'])).toBe(answer.result.probability_positive);

    const { json } = await client.get(`/v1/batches/${id}/rows?predicted_class=relapsed&limit=100`);
    expect(json.data).toHaveLength(relapsed);
    expect(json.data[0].result).toMatchObject({ predicted_class: 'relapsed', positive_class: 'relapsed' });
    const refused = await client.get(`/v1/batches/${id}/rows?predicted_class=malignant`);
    expect(refused).toMatchObject({ status: 422, json: { errors: [{ code: 'unknown-class' }] } });
  });

  test('a diagnosis is confirmed with the model’s own classes', async () => {
    const { id } = await score(client, { model: MODEL, features: record(3) });
    const confirm = (confirmed_class: string) =>
      client.post('/v1/confirmations', { json: { prediction_id: id, confirmed_class } });
    expect(await confirm('malignant')).toMatchObject({ status: 422, json: { errors: [{ code: 'unknown-class' }] } });
    expect((await confirm('relapsed')).json).toMatchObject({ confirmed_class: 'relapsed', positive_class: 'relapsed' });
  });

  test('a workbook export and a rescored batch have the same columns', async () => {
    const { id } = await run(client, thyroidCsv(thyroidRows(9, 9)), `?model=${MODEL}&explain=true`);
    const { text } = await client.get(`/v1/batches/${id}/results?format=jsonl`);
    const [first] = text.split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({
      probability_positive: expect.any(Number),
      shapley_tsh: expect.any(Number),
    });
  });

  test('the model file carries the schema', () => {
    const { file, schema } = parseModel(thyroidModel());
    expect(file).toMatchObject({ format_version: 3, schema: { title: 'Thyroid function' }, labels: LABELS });
    expect(schema).toEqual(thyroidSchema);
  });
}
