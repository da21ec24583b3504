import { crc32 } from 'node:zlib';
import { ObjectCorruptError, ObjectFormatError } from '@cytoqueue/storage';
import { unsealDocument, sealDocument } from './documents/sealed-document';
import {
  SHARD_FORMAT,
  type ShardObject,
  decodeShardCounts,
  decodeShardObject,
  emptyCounts,
  encodeShardObject,
} from './shard-object';

const KEY = 'tenants/t/batches/b/shards/00000.m@1.shard';
const COUNTS = {
  ...emptyCounts(),
  succeeded: 2,
  rejected: 1,
  benign: 1,
  malignant: 1,
  indeterminate: 1,
  missing_features: 2,
  confident_benign: 1,
  changed: 1,
};
const SHARD = {
  counts: COUNTS,
  histogram: [3, 0, 12],
  probabilities: [1, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  results: Buffer.from('7,1,ok\n8,2,ok\n9,3,rejected\n'),
  errors: Buffer.from('9,bad\n'),
  changes: Buffer.from('7,1\n'),
};
const MANIFEST = { run: 1, status: 'succeeded', counts: { total: 4_931, succeeded: 4_931 }, failed_shards: [] };
const BLOCK = 16;

/** Yields damaged copies: each bit flipped, each digit replaced, truncated and zeroed at each block, and extended. */
function* damagesOf(whole: Buffer): Generator<Buffer> {
  const changed = (at: number, byte: number) => Buffer.from(whole).fill(byte, at, at + 1);
  for (let at = 0; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) yield changed(at, whole[at] ^ (1 << bit));
    yield changed(at, 48 + ((whole[at] + 1) % 10));
  }
  for (let at = 0; at < whole.length; at += BLOCK) {
    yield whole.subarray(0, at);
    yield Buffer.from(whole).fill(0, at, Math.min(at + BLOCK, whole.length));
  }
  for (const more of ['\0', '\n', ' ', '{}', '7,9,ok\n']) yield Buffer.concat([whole, Buffer.from(more)]);
}

/** Results for damaged bytes that are not refused as corrupt. */
function readDespiteDamage<T>(whole: Buffer, open: (bytes: Buffer) => T): T[] {
  const found: T[] = [];
  for (const damaged of damagesOf(whole)) {
    if (damaged.equals(whole)) continue;
    try {
      found.push(open(damaged));
    } catch (error) {
      if (!(error instanceof ObjectCorruptError) || error.key !== KEY) throw error;
    }
  }
  return found;
}

test('a shard object damaged anywhere is corrupt', () => {
  const whole = encodeShardObject(SHARD);
  expect(decodeShardObject(whole, KEY, 3)).toEqual({ ...SHARD, format: SHARD_FORMAT });
  expect(readDespiteDamage(whole, (bytes) => decodeShardObject(bytes, KEY, 3))).toEqual([]);
});

test('counts read from a damaged object are correct, or the header is corrupt', () => {
  for (const counts of readDespiteDamage(encodeShardObject(SHARD), (bytes) => decodeShardCounts(bytes, KEY)))
    expect(counts).toEqual(COUNTS);
});

test('a sealed document damaged anywhere is corrupt or reads as the original', () => {
  const whole = sealDocument(MANIFEST);
  expect(unsealDocument(KEY, whole)).toEqual(MANIFEST);
  for (const document of readDespiteDamage(whole, (bytes) => unsealDocument(KEY, bytes)))
    expect(document).toEqual(MANIFEST);
});

describe('objects of earlier releases', () => {
  /** The format that `encodeShardObject` wrote in the first release. */
  function formatOne({ counts, histogram, results, errors, changes }: ShardObject): Buffer {
    const checksum = crc32(Buffer.concat([results, errors, changes]));
    const header = {
      counts,
      histogram,
      bytes: { results: results.length, errors: errors.length, changes: changes.length },
      crc32: checksum,
    };
    return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), results, errors, changes]);
  }

  test('are readable', () => {
    const { probabilities: _, ...shard } = SHARD;
    expect(decodeShardObject(formatOne(SHARD), KEY, 3)).toEqual({
      ...shard,
      counts: { ...COUNTS, confident_benign: NaN, confident_malignant: NaN },
      format: 1,
    });
    expect(unsealDocument(KEY, Buffer.from(JSON.stringify(MANIFEST)))).toEqual(MANIFEST);
  });

  test('never give wrong rows or class counts when damaged', () => {
    for (const found of readDespiteDamage(formatOne(SHARD), (bytes) => decodeShardObject(bytes, KEY, 3))) {
      const { results, errors, changes, counts } = found;
      expect({ results, errors, changes }).toEqual({
        results: SHARD.results,
        errors: SHARD.errors,
        changes: SHARD.changes,
      });
      const { succeeded, rejected, benign, malignant } = counts;
      expect({ succeeded, rejected, benign, malignant }).toEqual({
        succeeded: 2,
        rejected: 1,
        benign: 1,
        malignant: 1,
      });
    }
  });

  test('a document rewritten by a release without seals is read as rewritten', () => {
    const copied = { ...(JSON.parse(sealDocument(MANIFEST).toString()) as object), run: 2 };
    expect(unsealDocument(KEY, Buffer.from(JSON.stringify(copied)))).toEqual({ ...MANIFEST, run: 2 });
  });
});

test('earlier releases can read our header: one line of JSON with the same members', () => {
  const [line] = encodeShardObject(SHARD).toString().split('\n');
  expect(JSON.parse(line)).toMatchObject({
    counts: COUNTS,
    histogram: SHARD.histogram,
    probabilities: SHARD.probabilities,
    bytes: { results: 27, errors: 6, changes: 4 },
  });
  expect(JSON.parse(sealDocument(MANIFEST).toString())).toEqual(MANIFEST);
});

test('an intact object of a later format is ObjectFormatError, not corrupt', () => {
  const whole = encodeShardObject(SHARD).toString('latin1');
  const covered = whole
    .slice(0, whole.indexOf(',"header_crc32"'))
    .replace(`"format":${SHARD_FORMAT}`, `"format":${SHARD_FORMAT + 1}`);
  const later = Buffer.from(
    `${covered},"header_crc32":${crc32(covered)}}${whole.slice(whole.indexOf('\n'))}`,
    'latin1',
  );
  expect(() => decodeShardObject(later, KEY, 3)).toThrow(ObjectFormatError);
});
