import { countConfusion, jaccardMalignant, sensitivity, specificity } from './confusion';

const row = (code: string, predicted: string) => ({ class: code, predicted_class: predicted });

const rows = [
  ...Array<object>(8).fill(row('4', 'malignant')),
  ...Array<object>(2).fill(row('4', 'benign')),
  ...Array<object>(15).fill(row('2', 'benign')),
  row('2', 'malignant'),
  row('2', ''),
] as Record<string, string>[];

it('counts predictions against the class column', () => {
  const confusion = countConfusion(rows);
  expect(confusion).toEqual({
    malignant: { asMalignant: 8, asBenign: 2 },
    benign: { asMalignant: 1, asBenign: 15 },
    unpredicted: 1,
  });
  expect(sensitivity(confusion)).toBe(8 / 10);
  expect(specificity(confusion)).toBe(15 / 16);
  expect(jaccardMalignant(confusion)).toBe(8 / 11);
});

it('names a class it does not know', () => {
  expect(() => countConfusion([row('M', 'malignant')])).toThrow('"M"');
  expect(() => countConfusion([{}])).toThrow('undefined');
});
