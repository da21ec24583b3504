import { schemas, normalizeName } from './index';
import { matchFeature } from './column-names';

const features = Object.values(schemas).flatMap((schema) =>
  schema.features.map((feature, index) => ({ schema, feature, index })),
);

test.each([
  ['Clump Thickness', 'clump_thickness'],
  ['  clump.thickness\t', 'clump_thickness'],
  ['Clump - . _ Thickness', 'clump_thickness'],
  ['\uFEFFCl.thickness', 'cl_thickness'],
  ['Ｃｌｕｍｐ\u00a0Ｔｈｉｃｋｎｅｓｓ', 'clump_thickness'],
  ['V1', 'v1'],
  ['', ''],
])('folds %j to %j', (name, folded) => expect(normalizeName(name)).toBe(folded));

test.each(features)('$schema.id: $feature.name is found by its name and every alias', ({ schema, feature, index }) => {
  expect(matchFeature(feature.name.toUpperCase().replaceAll('_', ' . '), schema)).toEqual({
    featureIndex: index,
    matchedBy: 'name',
  });
  for (const alias of feature.aliases)
    expect(matchFeature(alias, schema)).toEqual({ featureIndex: index, matchedBy: 'alias' });
});

test.each(Object.values(schemas))('$id: no folded name means two things', (schema) => {
  const names = schema.features.flatMap(({ name, aliases }) => [name, ...aliases]);
  const all = [...names, ...schema.idColumns, ...schema.labelColumns];
  expect(new Set(all).size).toBe(all.length);
  expect(all.map(normalizeName)).toEqual(all);
});

test('a name may stand behind server, database, schema and table; a text of thousands of dots names nothing', () => {
  const { wbc } = schemas;
  expect(matchFeature('host.lab.public.cases.clump_thickness', wbc)).toEqual({ featureIndex: 0, matchedBy: 'alias' });
  expect(matchFeature(`${'x.'.repeat(30_000)}clump_thickness`, wbc)).toBeUndefined();
});
