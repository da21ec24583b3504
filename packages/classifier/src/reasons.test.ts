import { DISTANCE_ALARM, GREY_ZONE, reasonCodes, reasonText } from './index';

test.each([
  [0, []],
  [GREY_ZONE, ['grey_zone']],
  [DISTANCE_ALARM, ['unusual_record']],
  [GREY_ZONE | DISTANCE_ALARM, ['grey_zone', 'unusual_record']],
])('flags %d are %j, each with a sentence', (flags, codes) => {
  expect(reasonCodes(flags)).toEqual(codes);
  expect(reasonText(flags)).toHaveLength(codes.length);
});
