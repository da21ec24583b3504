import { splitGradeInput } from './grade-input';

/** Types into nine fields as the form does, one key at a time. */
function typeAll(keys: string): string[] {
  const fields = Array.from({ length: 9 }, () => '');
  let at = 0;
  const type = (text: string): void => {
    const { text: kept, next } = splitGradeInput(text);
    fields[at] = kept;
    if (next === undefined) return;
    at++;
    if (next !== '' && at < fields.length) type(next);
  };
  for (const key of keys) type(`${fields[at] ?? ''}${key}`);
  return fields;
}

test.each([
  ['544343431', '5 4 4 3 4 3 4 3 1'],
  ['111211111', '1 1 1 2 1 1 1 1 1'],
  ['101010101010101010', '10 10 10 10 10 10 10 10 10'],
  ['1 108? 2,10 51 9', '1 10 8 ? 2 10 5 1 9'],
  ['5 4 4 3 4 ? 4 3 1', '5 4 4 3 4 ? 4 3 1'],
])('%s fills the fields one after the other', (keys, fields) => {
  expect(typeAll(keys).join(' ')).toBe(fields);
});

test('a 1 waits for the next digit', () => {
  expect(splitGradeInput('1')).toEqual({ text: '1' });
  expect(splitGradeInput('1 ')).toEqual({ text: '1', next: '' });
  expect(splitGradeInput('10')).toEqual({ text: '10', next: '' });
  expect(splitGradeInput('1?')).toEqual({ text: '1', next: '?' });
});

test('text that is no grade stays in its field', () => {
  expect(splitGradeInput('0')).toEqual({ text: '0' });
  expect(splitGradeInput('55')).toEqual({ text: '55' });
  expect(splitGradeInput('x')).toEqual({ text: 'x' });
});
