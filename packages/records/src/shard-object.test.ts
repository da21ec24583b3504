import { crc32 } from 'node:zlib';
import { ObjectCorruptError } from '@cytoqueue/storage';
import {
  SHARD_FORMAT,
  SHARD_HEADER_MAX_BYTES,
  type ShardObject,
  addCounts,
  decodeShardCounts,
  decodeShardHeader,
  decodeShardObject,
  emptyCounts,
  encodeShardObject,
  summarize,
} from './index';

const KEY = 'shard';
const object: ShardObject = {
  counts: {
    succeeded: 3,
    rejected: 1,
    benign: 2,
    malignant: 1,
    indeterminate: 1,
    missing_features: 2,
    confident_benign: 1,
    confident_malignant: 1,
    changed: 1,
  },
  histogram: Uint32Array.from({ length: 108 }, (_, bin) => bin),
  results: Buffer.from('a,1\nb,2\n'),
  errors: Buffer.from('c,\n'),
  changes: Buffer.from('d,benign,malignant\n'),
};

test('decoding returns the encoded object', () => {
  const decoded = decodeShardObject(encodeShardObject(object), KEY);
  expect(decoded).toEqual({ ...object, format: SHARD_FORMAT, histogram: Array.from(object.histogram) });
});

test('encoding is deterministic, in a new or a given buffer', () => {
  const bytes = encodeShardObject(object);
  expect(bytes.byteOffset).toBe(0);
  const into = new ArrayBuffer(10_000);
  const given = encodeShardObject(object, { buffer: into });
  expect(given.buffer).toBe(into);
  expect(given.equals(bytes)).toBe(true);
});

test('results that lie in the given buffer, after room for the header, stay there', () => {
  const bytes = encodeShardObject(object);
  const into = new ArrayBuffer(SHARD_HEADER_MAX_BYTES + 1_000);
  const results = Buffer.from(into, SHARD_HEADER_MAX_BYTES, object.results.length);
  results.set(object.results);
  const given = encodeShardObject({ ...object, results }, { buffer: into });
  expect(given.equals(bytes)).toBe(true);
  expect(given.buffer).toBe(into);
  expect(given.byteOffset + given.indexOf('a,1')).toBe(SHARD_HEADER_MAX_BYTES);
});

test.each([
  ['before them for the header', 20, 1_000],
  ['behind them for the other sections', SHARD_HEADER_MAX_BYTES, 10],
])('results in the given buffer are copied when there is no room %s', (_, start, rest) => {
  const into = new ArrayBuffer(start + rest);
  const results = Buffer.from(into, start, object.results.length);
  results.set(object.results);
  const given = encodeShardObject({ ...object, results }, { buffer: into });
  expect(given.buffer).not.toBe(into);
  expect(given.equals(encodeShardObject(object))).toBe(true);
});

test('memory that replaces a buffer which is too small has room for a slightly larger object of the same kind', () => {
  const into = new ArrayBuffer(10);
  const given = encodeShardObject(object, { buffer: into });
  expect(given.buffer).not.toBe(into);
  expect(given.equals(encodeShardObject(object))).toBe(true);
  const larger = Buffer.from(given.buffer as ArrayBuffer, SHARD_HEADER_MAX_BYTES, object.results.length + 100);
  larger.fill('x\n');
  const next = encodeShardObject({ ...object, results: larger }, { buffer: given.buffer as ArrayBuffer });
  expect(next.buffer).toBe(given.buffer);
  expect(next.equals(encodeShardObject({ ...object, results: Buffer.from(larger) }))).toBe(true);
});

test('a shard without rows has empty sections', () => {
  const empty = {
    counts: emptyCounts(),
    histogram: [],
    results: Buffer.alloc(0),
    errors: Buffer.alloc(0),
    changes: Buffer.alloc(0),
  };
  expect(decodeShardObject(encodeShardObject(empty), KEY, 0)).toEqual({ ...empty, format: SHARD_FORMAT });
});

test('an empty section after rows does not change their checksum', () => {
  // Node.js gives such a view no memory, and its crc32 then returns 0.
  const nothing = Buffer.alloc(0).subarray(0, 0);
  const rowsOnly = { ...object, errors: nothing, changes: nothing };
  expect(decodeShardObject(encodeShardObject(rowsOnly), KEY).results).toEqual(object.results);
});

test('agreement with a class column is kept where there is one', () => {
  const agreement = {
    true_positive: 1,
    false_negative: 2,
    true_negative: 3,
    false_positive: 4,
    confident: { true_positive: 0, false_negative: 1, true_negative: 2, false_positive: 3 },
  };
  expect(decodeShardObject(encodeShardObject({ ...object, agreement }), KEY).agreement).toEqual(agreement);
  expect(decodeShardObject(encodeShardObject(object), KEY)).not.toHaveProperty('agreement');
});

test('the counts are read from the first bytes, for any size of counts', () => {
  const large = Number.MAX_SAFE_INTEGER;
  const all = Object.fromEntries(
    Object.keys(object.counts).map((name) => [name, large]),
  ) as unknown as ShardObject['counts'];
  const counts = { ...all, malignant: 0, confident_benign: 0, confident_malignant: 0 };
  const key = 'k'.repeat(300);
  const bytes = encodeShardObject({ ...object, counts, histogram: Array<number>(108).fill(4_000_000_000) }, { key });
  expect(decodeShardCounts(bytes.subarray(0, SHARD_HEADER_MAX_BYTES), key)).toEqual(counts);
});

test('every byte lost or changed after the header is detected', () => {
  const bytes = encodeShardObject(object);
  const body = bytes.indexOf('\n') + 1;
  for (let at = body; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    expect(() => decodeShardObject(changed, KEY)).toThrow(ObjectCorruptError);
    expect(() => decodeShardObject(bytes.subarray(0, at), KEY)).toThrow(ObjectCorruptError);
  }
});

test('trailing bytes and a missing header are detected', () => {
  expect(() => decodeShardObject(Buffer.concat([encodeShardObject(object), Buffer.from('x')]), KEY)).toThrow(
    ObjectCorruptError,
  );
  expect(() => decodeShardObject(Buffer.from('no line'), KEY)).toThrow(ObjectCorruptError);
});

test('an object is refused under the key of another shard, also when only its counts are read', () => {
  const bytes = encodeShardObject(object, { key: KEY });
  expect(decodeShardObject(bytes, KEY)).toEqual({
    ...object,
    format: SHARD_FORMAT,
    histogram: Array.from(object.histogram),
  });
  expect(() => decodeShardObject(bytes, 'another')).toThrow(ObjectCorruptError);
  expect(() => decodeShardCounts(bytes, 'another')).toThrow(ObjectCorruptError);
});

const PROBABILITIES = [1, 0, 0, 0, 0, 1, 0, 0, 0, 1];

test('scored rows by tenth of the probability are kept where they are counted', () => {
  const bytes = encodeShardObject({ ...object, probabilities: PROBABILITIES });
  expect(decodeShardObject(bytes, KEY).probabilities).toEqual(PROBABILITIES);
  expect(decodeShardHeader(bytes, KEY).probabilities).toEqual(PROBABILITIES);
  expect(decodeShardObject(encodeShardObject(object), KEY)).not.toHaveProperty('probabilities');
});

test.each([
  ['do not add up to the scored rows', [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]],
  ['are not ten', [3]],
  ['are not whole numbers', [1.5, 0, 0, 0, 0, 0, 0, 0, 0, 1.5]],
  ['are negative', [4, -1, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['are no list', '0000000003' as unknown as number[]],
  ['are null', null as unknown as number[]],
])('an object whose counts by tenth %s is corrupt', (_, probabilities) => {
  const bytes = encodeShardObject({ ...object, probabilities });
  expect(() => decodeShardObject(bytes, KEY)).toThrow(ObjectCorruptError);
  expect(() => decodeShardCounts(bytes, KEY)).toThrow(ObjectCorruptError);
});

test('an object of format 5, which has no counts by tenth, is read', () => {
  const bytes = withHeader(encodeShardObject(object), (header) =>
    header.replace(`"format":${SHARD_FORMAT}`, '"format":5'),
  );
  expect(decodeShardObject(bytes, KEY)).toEqual({
    ...object,
    format: 5,
    histogram: Array.from(object.histogram),
  });
});

/** The object with a changed header and its new checksum. */
function withHeader(object: Buffer, change: (header: string) => string): Buffer {
  const [header = '', ...rows] = object.toString().split('\n');
  const covered = change(header).replace(/,"header_crc32":\d+}$/, '');
  return Buffer.from([`${covered},"header_crc32":${crc32(covered)}}`, ...rows].join('\n'));
}

test('an object of format 2, which names no key and has no confident counts, is read', () => {
  const { confident_benign: _, confident_malignant: __, ...counts } = object.counts;
  const earlier = encodeShardObject({ ...object, counts: counts as ShardObject['counts'] });
  const bytes = withHeader(earlier, (header) => header.replace(`"format":${SHARD_FORMAT}`, '"format":2'));
  expect(decodeShardObject(bytes, KEY).format).toBe(2);
  const total = emptyCounts();
  for (const shard of [bytes, encodeShardObject(object)]) addCounts(total, decodeShardCounts(shard, KEY));
  expect(total.succeeded).toBe(6);
  expect(summarize(total)).toEqual({ benign: 4, malignant: 2, indeterminate: 2, missing_features: 4 });
});
