import { UNUSUAL_RECORD, GREY_ZONE, reasonCodes, reasonText } from './reasons';

const TOO_CLOSE = 'The probability lies between 5 % and 95 %: too uncertain to classify.';
const UNUSUAL =
  'The record is unlike those the model has seen: check the values for typing errors; in a file also check the order of its columns.';

test.each<[number, string[], string[]]>([
  [0, [], []],
  [GREY_ZONE, ['grey_zone'], [TOO_CLOSE]],
  [UNUSUAL_RECORD, ['unusual_record'], [UNUSUAL]],
  [GREY_ZONE | UNUSUAL_RECORD, ['grey_zone', 'unusual_record'], [TOO_CLOSE, UNUSUAL]],
])('flags %d give the codes %j and a sentence each', (flags, codes, text) => {
  expect(reasonCodes(flags)).toEqual(codes);
  expect(reasonText(flags)).toEqual(text);
});
