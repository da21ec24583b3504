import { schemas, normalizeName } from './index';
import { isNamedAs, matchFeature } from './column-names';

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

test.each([
  ['points_worst', 'concave_points_worst'],
  ['dimension_mean', 'fractal_dimension_mean'],
  ['Mean of radius', 'radius_mean'],
  ['standard error of area', 'area_se'],
  ['C#texture_se', 'texture_se'],
])('%j of a copy or a tutorial means %s', (column, feature) => {
  const { wdbc } = schemas;
  const featureIndex = wdbc.features.findIndex(({ name }) => name === feature);
  expect(matchFeature(column, wdbc)).toEqual({ featureIndex, matchedBy: 'alias' });
});

test.each(['PatientID', 'Patient ID:', '1. patient id', 'PATIENT-ID', 'SampleCodeNumber', '(2) Patient'])(
  '%j names the identifier',
  (column) => expect(isNamedAs(column, schemas.wbc.idColumns)).toBe(true),
);

test.each(['11. Class:', 'Class (2/4)', 'DIAGNOSIS [B/M]', 'target'])('%j names the class', (column) =>
  expect(isNamedAs(column, schemas.wbc.labelColumns)).toBe(true),
);

test.each(['ID 2', 'patient name', 'stage.class', 'subclass', 'class_of_2026', '', `id${' '.repeat(300)}x`])(
  '%j names neither',
  (column) => expect(isNamedAs(column, [...schemas.wbc.idColumns, ...schemas.wbc.labelColumns])).toBe(false),
);
