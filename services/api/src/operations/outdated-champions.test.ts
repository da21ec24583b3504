import { ModelRegistry } from '@cytoqueue/registry';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';
import { OutdatedChampions } from './outdated-champions';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

test('counts the models for which a newer version is shipped, and shows the count to Prometheus', async () => {
  const registry = new ModelRegistry(api.store);
  const gauge = { name: 'OutdatedChampions', queue: 'all' };
  expect(await new OutdatedChampions(registry).gauges()).toEqual([{ ...gauge, value: 0 }]);
  await registry.promote('wbc-knn', '1.0.0', 'test');
  expect(await new OutdatedChampions(registry).gauges()).toEqual([{ ...gauge, value: 1 }]);
  expect(await (await api.fetch('/metrics')).text()).toMatch(/^cytoqueue_outdated_champions 1$/m);
});

test('there is no count while the store cannot be read', async () => {
  const registry = { list: () => Promise.reject(new Error('unavailable')) };
  expect(await new OutdatedChampions(registry).gauges()).toEqual([]);
});
