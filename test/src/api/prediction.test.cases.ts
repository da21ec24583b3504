import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier } from '@cytoqueue/classifier';
import { score } from '../support/batches';
import { type ContractResponse, ContractClient } from '../support/contract-client';
import { whilePaused } from '../support/paused-workers';
import { BENIGN_RECORD } from '../support/records';
import { ROOT } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';
import type { SharedStack } from './shared-stack';

const names = Object.keys(BENIGN_RECORD) as (keyof typeof BENIGN_RECORD)[];

function seededRecords(count: number): Record<string, number>[] {
  let state = 7;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: count }, () =>
    Object.fromEntries(names.map((name) => [name, 1 + Math.floor(next() * 10)])),
  );
}

export function predictionCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;

  beforeAll(async () => {
    client = await connect('records');
  });

  describe('one record', () => {
    test('is accepted with 202, then polled until its result is stored', async () => {
      const accepted = await client.post('/v1/predictions', {
        json: { sample_id: 'slide 7', features: BENIGN_RECORD },
      });
      expect(accepted.status).toBe(202);
      expect(accepted.headers.get('retry-after')).toBe('1');
      const location = accepted.headers.get('location') ?? '';
      expect(location).toBe(`/v1/predictions/${accepted.json.id}`);
      const finished = await waitUntil('the prediction is finished', async () => {
        const { json } = await client.get(location);
        return json.status === 'succeeded' ? json : undefined;
      });
      expect(finished).toMatchObject({
        sample_id: 'slide 7',
        features: BENIGN_RECORD,
        result: { predicted_class: 'benign', outcome: 'confident' },
      });
      expect(finished.result.neighbors[0]).toMatchObject({ training_row: 1, class: 'benign', distance: 0 });
    });

    test('Prefer: wait returns the finished record, or the accepted one after the time limit', async () => {
      const { status, json, headers } = await client.post('/v1/predictions', {
        headers: { prefer: 'wait=20' },
        json: { features: BENIGN_RECORD },
      });
      expect(headers.get('preference-applied')).toBe('wait=20');
      expect([
        [201, 'succeeded'],
        [202, json.status],
      ]).toContainEqual([status, json.status]);
      await whilePaused(stack().dataDir, async () => {
        const late = await client.post('/v1/predictions', {
          headers: { prefer: 'wait=1' },
          json: { features: BENIGN_RECORD },
        });
        expect([late.status, late.headers.get('location')]).toEqual([202, `/v1/predictions/${late.json.id}`]);
      });
    });

    test.each([
      ['wbc-knn', '1.1.0'],
      ['wbc-knn-euclidean', '1.0.0'],
    ])('%s returns the classifier’s probability to the last bit', async (name, version) => {
      const path = join(ROOT, `packages/registry/models/${name}/${version}.json`);
      const classifier = Classifier.load(readFileSync(path));
      for (const features of seededRecords(20)) {
        const json = await score(client, { model: name, features });
        const expected = classifier.predict(names.map((feature) => features[feature] as number));
        expect(json.result.probability_malignant).toBe(expected.probability);
        expect(json.result.neighbors.map((neighbor: { distance: number }) => neighbor.distance)).toEqual(
          expected.neighbors.map(({ distance }) => distance),
        );
      }
    });

    test('feature aliases are accepted, and features that were not measured are listed', async () => {
      const { clump_thickness, bare_nuclei: _, ...rest } = BENIGN_RECORD;
      const json = await score(client, { features: { ...rest, Clump: clump_thickness, 'Bare Nuclei': null } });
      expect(json.features).toEqual({ ...BENIGN_RECORD, bare_nuclei: null });
      expect(json.result.missing_features).toEqual(['bare_nuclei']);
    });

    test('the contributions add up to the probability, and the evidence has the range that missing values allow', async () => {
      const features = { ...BENIGN_RECORD, uniformity_of_cell_size: 4, bare_nuclei: null };
      const json = await score(client, { features });
      const { evidence, probability_malignant } = json.result;
      const shares = Object.values(evidence.shapley.values as Record<string, number>).reduce(
        (sum, share) => sum + share,
        evidence.shapley.base as number,
      );
      expect(shares).toBeCloseTo(probability_malignant, 12);
      expect(evidence.missing).toMatchObject({ method: 'exact', features: ['bare_nuclei'], combinations: 10 });
      expect(evidence.missing.probability_min).toBeLessThanOrEqual(evidence.missing.probability_max);
      expect(evidence.conformal.p_values.benign).toBeGreaterThan(0);
    });

    test('missing=reject rejects a record with a feature that was not measured', async () => {
      const { status, json } = await client.post('/v1/predictions', {
        json: { missing: 'reject', features: { ...BENIGN_RECORD, mitoses: null } },
      });
      expect([status, json.errors[0].field]).toEqual([422, 'mitoses']);
    });

    test('the event stream ends with the result and resumes without repeating an event', async () => {
      const { json } = await client.post('/v1/predictions', { json: { features: BENIGN_RECORD } });
      const { text } = await client.get(`/v1/predictions/${json.id}/events`);
      const last = text.trimEnd().split('\n\n').at(-1) ?? '';
      expect(last).toMatch(/^id: succeeded\nevent: status\ndata: /);
      expect(JSON.parse(last.split('data: ')[1] as string)).toMatchObject({ id: json.id, status: 'succeeded' });
      const resumed = await client.get(`/v1/predictions/${json.id}/events`, {
        headers: { 'last-event-id': 'succeeded' },
      });
      expect(resumed.text).toBe('');
    });

    test('a finished one cannot be canceled', async () => {
      const { id } = await score(client, { features: BENIGN_RECORD });
      expect((await client.post(`/v1/predictions/${id}/cancel`)).status).toBe(409);
    });

    test('a queued one can be canceled, and stays canceled after a worker has taken its job', async () => {
      const id = await whilePaused(stack().dataDir, () => cancelWaiting(client));
      // A later record is scored, so the worker has taken the canceled one's job.
      await score(client, { features: BENIGN_RECORD });
      const { json: later } = await client.get(`/v1/predictions/${id}`);
      expect(later.status).toBe('canceled');
      expect(later.result).toBeUndefined();
    });

    test('the list is newest first, has pages, and can be filtered', async () => {
      const lister = await connect('record-list');
      const canceled = await whilePaused(stack().dataDir, () => cancelWaiting(lister));
      const made = [canceled];
      for (let i = 0; i < 7; i++) made.push((await score(lister, { features: BENIGN_RECORD })).id);
      const first = await lister.get('/v1/predictions?limit=3');
      expect(first.json.has_more).toBe(true);
      expect(first.headers.get('link')).toBe(`</v1/predictions?limit=3&after=${first.json.last_id}>; rel="next"`);
      const ids: string[] = [];
      for (let path: string | undefined = '/v1/predictions?limit=3'; path !== undefined;) {
        const page: ContractResponse = await lister.get(path);
        ids.push(...page.json.data.map(({ id }: { id: string }) => id));
        path = /<(.*)>/.exec(page.headers.get('link') ?? '')?.[1];
      }
      expect(ids).toEqual(made.toSorted().toReversed());
      const { json: filtered } = await lister.get('/v1/predictions?status=canceled');
      expect(filtered.data.map(({ id }: { id: string }) => id)).toEqual([canceled]);
    });
  });

  /** @returns its id */
  async function cancelWaiting(sender: ContractClient): Promise<string> {
    const { json } = await sender.post('/v1/predictions', { json: { features: BENIGN_RECORD } });
    const canceled = await sender.post(`/v1/predictions/${json.id}/cancel`);
    expect(canceled.json).toMatchObject({ status: 'canceled' });
    return json.id;
  }

  describe('an invalid record is rejected with the field’s name', () => {
    const named = async (json: unknown) => {
      const { status, json: problem, headers } = await client.post('/v1/predictions', { json });
      expect(headers.get('content-type')).toContain('application/problem+json');
      return {
        status,
        fields: problem.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`),
      };
    };

    test.each([
      ['out of range', { ...BENIGN_RECORD, mitoses: 11 }, 'mitoses out-of-range'],
      ['twice, by alias and name', { ...BENIGN_RECORD, mit: 5 }, 'mit duplicate-feature'],
    ])('%s', async (_, features, expected) => {
      expect(await named({ features })).toEqual({ status: 422, fields: [expected] });
    });

    test('an unknown model, an unknown field, no JSON, another media type', async () => {
      expect(await named({ model: 'nonesuch', features: BENIGN_RECORD })).toEqual({
        status: 422,
        fields: ['model unknown-model'],
      });
      expect(await named({ sampleId: 'x', features: BENIGN_RECORD })).toEqual({
        status: 422,
        fields: ['sampleId unknown-field'],
      });
      expect(
        (await client.post('/v1/predictions', { headers: { 'content-type': 'application/json' }, body: '{' })).status,
      ).toBe(400);
      expect(
        (await client.post('/v1/predictions', { headers: { 'content-type': 'text/plain' }, body: 'x' })).status,
      ).toBe(415);
    });

    test('no key, a wrong key, an unknown id, an unknown query', async () => {
      const stranger = await ContractClient.connect(stack().url);
      expect((await stranger.get('/v1/predictions')).status).toBe(401);
      const wrong = await ContractClient.connect(stack().url, 'cq_wrong');
      expect((await wrong.get('/v1/predictions')).status).toBe(401);
      expect((await client.get('/v1/predictions/pred_01m848f8snd7jxeg6qw100kheb')).status).toBe(404);
      expect((await client.get('/v1/predictions?colour=blue')).status).toBe(422);
    });
  });
}
