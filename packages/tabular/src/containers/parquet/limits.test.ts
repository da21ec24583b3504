import { writtenElsewhere } from '../../../test/containers';
import { assertDeltaTexts, assertRuns } from './page-limits';
import { assertThriftStruct } from './thrift-check';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('metadata that hyparquet would take memory or time for', () => {
  test.each([
    [
      'a list of 30 million structures',
      bytes(0x19, 0xfc, 0x80, 0x87, 0xa7, 0x0e, 0),
      'a list is longer than its bytes',
    ],
    ['a number of 40 bytes', bytes(0x16, ...Array.from({ length: 40 }, () => 0x80), 0, 0), 'a number does not end'],
    ['a text longer than the bytes', bytes(0x18, 0x7f, 0x41, 0), 'the structure breaks off'],
    ['structures nested a hundred deep', bytes(...Array.from({ length: 100 }, () => 0x1c)), 'nested too deep'],
    ['a structure without end', bytes(0x15, 2), 'the structure breaks off'],
  ])('%s is refused', (_, structure, message) => {
    expect(() => assertThriftStruct(structure)).toThrow(message);
  });

  test('the metadata of real files pass', () => {
    for (const name of ['duckdb-types.parquet', 'arrow-rs.parquet', 'duckdb-nested.parquet']) {
      const file = writtenElsewhere(name);
      const length = file.readUInt32LE(file.length - 8);
      expect(() => assertThriftStruct(file.subarray(file.length - 8 - length, file.length - 8))).not.toThrow();
    }
  });
});

describe('runs', () => {
  test.each([
    ['a run of equal values beyond the page', bytes(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 'a run is longer than its page'],
    ['a packed run far beyond the page', bytes(0xff, 0xff, 0x7f, 1), 'a run is longer than its page'],
    ['runs that break off', bytes(0x04, 1), 'runs break off'],
  ])('%s is refused', (_, runs, message) => {
    expect(() => assertRuns(runs, 0, 1, 100)).toThrow(message);
  });

  test('accepts runs that fill the page, the last one padded to a whole group', () => {
    expect(() => assertRuns(bytes(184, 1, 1, 3, 0xff), 0, 1, 100)).not.toThrow();
  });
});

test('texts that repeat their beginning into a bomb are refused', () => {
  // Delta blocks: 128 values in 4 miniblocks, 3 values, the first 30 million (zigzag), no difference to the next ones.
  const lengths = [0x80, 0x01, 0x04, 0x03, 0x80, 0x8e, 0xce, 0x1c, 0x00, 0, 0, 0, 0];
  expect(() => assertDeltaTexts(bytes(...lengths, ...lengths), 3)).toThrow('expand too far');
});
