import { type Column, addToProfile, findMappingFaults, isChosenByHand, columnUse } from './column-mapping';

const FEATURES = ['clump_thickness', 'mitoses'];
const carried = (column: string): Column => ({ column, used_as: 'carried' });
const feature = (column: string, name: string, matched_by = 'alias'): Column => ({
  column,
  used_as: 'feature',
  feature: name,
  matched_by,
});

test('a column is chosen by hand when it is not recognised, is mapped by the profile or competes with another', () => {
  const columns = [
    carried('Dicke'),
    carried(''),
    feature('Mit', 'mitoses'),
    feature('Mitosen', 'mitoses'),
    feature('Clump', 'clump_thickness'),
    feature('Grad', 'bare_nuclei', 'profile'),
    { column: 'ID', used_as: 'id' } as const,
  ];
  expect(columns.map((column) => isChosenByHand(column, columns))).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
});

test('a suggestion is never a use, and columns that compete for one feature have none until one is chosen', () => {
  const columns = [
    { ...carried('Dicke'), suggestion: 'clump_thickness' },
    feature('Mit', 'mitoses'),
    feature('M', 'mitoses'),
  ];
  const uses = (choices: Record<number, string>) => columns.map((_, index) => columnUse(index, columns, choices));
  expect(uses({})).toEqual([undefined, undefined, undefined]);
  expect(findMappingFaults(columns, {}, FEATURES)).toEqual({ repeated: [], missing: FEATURES });
  const choices = { 0: 'clump_thickness', 2: 'mitoses' };
  expect(uses(choices)).toEqual(['clump_thickness', undefined, 'mitoses']);
  expect(findMappingFaults(columns, choices, FEATURES)).toEqual({ repeated: [], missing: [] });
});

test('two columns with one use are a fault, two unused ones are none', () => {
  const columns = [carried('a'), carried('b'), carried('c')];
  expect(findMappingFaults(columns, { 0: 'id', 1: 'id', 2: 'carried' }, []).repeated).toEqual(['id']);
  expect(findMappingFaults(columns, { 0: 'carried', 1: 'carried' }, []).repeated).toEqual([]);
});

test('choices are added to the profile, which keeps its other settings and columns', () => {
  const profile = { decimal: ',' as const, columns: { mitoses: 'Mit', id: 'Fall', bare_nuclei: 'Kern' } };
  const columns = [carried('Dicke'), carried('fall '), feature('Mit', 'mitoses', 'profile')];
  expect(addToProfile(profile, columns, { 0: 'clump_thickness', 1: 'label', 2: 'carried' })).toEqual({
    decimal: ',',
    columns: { bare_nuclei: 'Kern', clump_thickness: 'Dicke', label: 'fall ' },
  });
  expect(addToProfile({}, columns, {})).toEqual({});
});

test('two columns can swap their uses', () => {
  const columns = [feature('A', 'mitoses', 'profile'), feature('B', 'clump_thickness', 'profile')];
  expect(
    addToProfile({ columns: { mitoses: 'A', clump_thickness: 'B' } }, columns, { 0: 'clump_thickness', 1: 'mitoses' }),
  ).toEqual({ columns: { clump_thickness: 'A', mitoses: 'B' } });
});
