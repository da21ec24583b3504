import { wdbc } from './index';

test('lengths and areas have their unit, and pure numbers have none', () => {
  const units = new Map(wdbc.features.map(({ name, unit }) => [name, unit]));
  expect(['radius_mean', 'perimeter_se', 'area_worst'].map((name) => units.get(name))).toEqual([
    'pixels',
    'pixels',
    'pixels²',
  ]);
  expect(wdbc.features.filter(({ unit }) => unit === undefined)).toHaveLength(7 * 3);
});
