import fc from 'fast-check';
import { createId } from './ids';
import { checkKey } from '@cytoqueue/storage';
import { ObjectKeys } from './object-keys';

const DIGEST = 'a'.repeat(64);

/** Every key function that takes external names, with `name` as one argument. */
const makers: Record<string, (name: string) => string> = {
  'tenant of a prediction': (name) => ObjectKeys.predictionRequest(name, 'pred_1'),
  'tenant of predictions': (name) => ObjectKeys.predictionsFolder(name),
  'id of a prediction': (name) => ObjectKeys.predictionCompletion('t', name),
  'tenant of batches': (name) => ObjectKeys.batchesFolder(name),
  'id of a batch': (name) => ObjectKeys.batchInput('t', name),
  'tenant of a shard': (name) => ObjectKeys.shard(name, 'batch_1', 0, 'm@1'),
  'model of a shard': (name) => ObjectKeys.shard('t', 'batch_1', 0, `${name}@1`),
  'version of a shard': (name) => ObjectKeys.shard('t', 'batch_1', 0, `m@${name}`),
  'id of a run': (name) => ObjectKeys.runManifest('t', name, 1),
  'tenant of an idempotency document': (name) => ObjectKeys.idempotency(name, DIGEST),
  'digest of an idempotency document': (name) => ObjectKeys.idempotency('t', name),
  'tenant of a marker': (name) => ObjectKeys.pending(name, 'pred_1'),
  'id of a marker': (name) => ObjectKeys.pending('t', name),
  'name of a model': (name) => ObjectKeys.champion(name),
  'name of a promoted model': (name) => ObjectKeys.promotion(name, 2),
  'version of a model': (name) => ObjectKeys.model('m', name),
};

describe('ObjectKeys', () => {
  it('creates the documented keys', () => {
    expect(ObjectKeys.predictionRequest('lab-a', 'pred_1')).toBe('tenants/lab-a/predictions/pred_1/request.json');
    expect(ObjectKeys.predictionCompletion('lab-a', 'pred_1')).toBe('tenants/lab-a/predictions/pred_1/result.json');
    expect(ObjectKeys.batchInput('lab-a', 'batch_1')).toBe('tenants/lab-a/batches/batch_1/input.csv');
    expect(ObjectKeys.batchDocument('lab-a', 'batch_1')).toBe('tenants/lab-a/batches/batch_1/batch.json');
    expect(ObjectKeys.runDocument('lab-a', 'batch_1', 2)).toBe('tenants/lab-a/batches/batch_1/runs/00002/run.json');
    expect(ObjectKeys.runCancel('lab-a', 'batch_1', 1)).toBe('tenants/lab-a/batches/batch_1/runs/00001/cancel.json');
    expect(ObjectKeys.runChanges('lab-a', 'batch_1', 1)).toBe('tenants/lab-a/batches/batch_1/runs/00001/changes.csv');
    expect(ObjectKeys.runFailedShards('lab-a', 'batch_1', 1)).toBe(
      'tenants/lab-a/batches/batch_1/runs/00001/failed.json',
    );
    expect(ObjectKeys.audit('lab-a', 'audit_1')).toBe('audit/lab-a/audit_1');
    expect(ObjectKeys.shard('lab-a', 'batch_1', 42, 'wbc-knn@1.0.0')).toBe(
      'tenants/lab-a/batches/batch_1/shards/00042.wbc-knn@1.0.0.shard',
    );
    expect(ObjectKeys.runResults('lab-a', 'batch_1', 1)).toBe('tenants/lab-a/batches/batch_1/runs/00001/results.csv');
    expect(ObjectKeys.runErrors('lab-a', 'batch_1', 2)).toBe('tenants/lab-a/batches/batch_1/runs/00002/errors.csv');
    expect(ObjectKeys.runManifest('lab-a', 'batch_1', 10)).toBe(
      'tenants/lab-a/batches/batch_1/runs/00010/manifest.json',
    );
    expect(ObjectKeys.idempotency('lab-a', DIGEST)).toBe(`tenants/lab-a/idempotency/${DIGEST}`);
    expect(ObjectKeys.pending('lab-a', 'pred_1')).toBe('pending/lab-a/pred_1');
    expect(ObjectKeys.pending('lab-a', 'batch_1', 1)).toBe('pending/lab-a/batch_1');
    expect(ObjectKeys.pending('lab-a', 'batch_1', 2)).toBe('pending/lab-a/runs/batch_1.00002');
    expect(ObjectKeys.model('wbc-knn', '1.0.0')).toBe('models/wbc-knn/1.0.0.json');
    expect(ObjectKeys.champion('wbc-knn')).toBe('models/wbc-knn/champion.json');
    expect(ObjectKeys.promotion('wbc-knn', 2)).toBe('models/wbc-knn/promotions/00002.json');
  });

  it('parses the keys that it creates', () => {
    expect(ObjectKeys.parsePendingKey(ObjectKeys.pending('lab-a', 'batch_1'))).toEqual({
      tenant: 'lab-a',
      id: 'batch_1',
      run: 1,
    });
    expect(ObjectKeys.parsePendingKey(ObjectKeys.pending('runs', 'batch_1', 2))).toEqual({
      tenant: 'runs',
      id: 'batch_1',
      run: 2,
    });
    for (const model of ['m.n@1.2', 'own/lab@2'])
      expect(ObjectKeys.parseShardKey(ObjectKeys.shard('t', 'b', 7, model))).toEqual({ shard: 7, model });
    expect(ObjectKeys.parseRun(ObjectKeys.runFolder('t', 'b', 12))).toBe(12);
    expect(ObjectKeys.parseRun(ObjectKeys.runManifest('t', 'b', 3))).toBe(3);
  });

  it('does not parse any other key', () => {
    for (const key of [
      '',
      'pending/',
      'pending/t',
      'pending/t/i/x',
      'pending/t/runs/batch_1',
      'pending/t/batch_1.00002',
      'pending/t y/batch_1',
      'pending/t/a..b',
      'tenants/t/i',
      'x/pending/t/i',
    ]) {
      expect(ObjectKeys.parsePendingKey(key)).toBeUndefined();
    }
    expect(ObjectKeys.parseShardKey(ObjectKeys.batchInput('t', 'b'))).toBeUndefined();
    expect(ObjectKeys.parseRun(ObjectKeys.runsFolder('t', 'b'))).toBeUndefined();
  });

  it('creates keys that sort by shard and run', () => {
    const shards = [0, 9, 10, 99_999].map((shard) => ObjectKeys.shard('t', 'b', shard, 'm@1'));
    expect(shards.toSorted()).toEqual(shards);
  });

  it.each(Object.keys(makers))('refuses a %s that would leave its prefix', (what) => {
    const make = makers[what]!;
    const attempts = [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      '/a',
      'a/',
      'a..b',
      'a\\b',
      'a%2fb',
      'a\0',
      'a\n',
      'a b',
      '.tmp',
      'ä',
      '@',
      'x'.repeat(101),
    ];
    for (const name of attempts) expect(() => make(name)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  });

  it.each(Object.keys(makers))('creates a valid key for any %s, or throws', (what) => {
    const make = makers[what]!;
    const depth = make(what.startsWith('digest') ? DIGEST : 'x').split('/').length;
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', '/', 'a', '-', '_', '@', '0') })),
        (name) => {
          const key = attempt(() => make(name));
          if (key === undefined) return;
          expect(key.split('/')).toHaveLength(depth);
          expect(() => checkKey(key.replace(/\/$/, ''))).not.toThrow();
        },
      ),
    );
  });

  it('does not quote a refused value', () => {
    expect(() => ObjectKeys.pending('t', 'Jane Doe')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('Jane') }),
    );
  });

  it('refuses numbers of more than five digits', () => {
    for (const shard of [-1, 1.5, 100_000, Number.NaN])
      expect(() => ObjectKeys.shard('t', 'b', shard, 'm@1')).toThrow('shard');
    for (const run of [0, -1, 100_000]) expect(() => ObjectKeys.runManifest('t', 'b', run)).toThrow('run');
  });

  it('refuses a model without a version, and the version name "champion"', () => {
    for (const model of ['m', 'm@', '@1', 'm@1@2', 'my-own/m@1', 'own/own/m@1'])
      expect(() => ObjectKeys.shard('t', 'b', 0, model)).toThrow('model');
    expect(() => ObjectKeys.model('m', 'champion')).toThrow('champion');
  });

  it('accepts ids of createId', () => {
    const id = createId('batch_');
    expect(ObjectKeys.parsePendingKey(ObjectKeys.pending('local', id))?.id).toBe(id);
  });
});

function attempt(make: () => string): string | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
