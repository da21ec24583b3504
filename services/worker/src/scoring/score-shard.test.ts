import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier } from '@cytoqueue/classifier';
import { type Dialect, ShardSplitter, readHeader } from '@cytoqueue/csv';
import { countFeatureColumns, wbc } from '@cytoqueue/schema';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { explainColumns } from '@cytoqueue/records';
import { PredictionCache } from './prediction-cache';
import { RowExplainer } from './row-explainer';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ShardTask } from './shard-task';

const modelFile = readFileSync(join(__dirname, '../../../../packages/registry/models/wbc-knn/1.0.0.json'));
const classifier = Classifier.load(modelFile);

const HEADER = 'id,Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit,note';
const dialect: Dialect = { delimiter: ',', lineEnd: '\n', bom: false };

function task(rows: string, overrides: Partial<ShardTask> = {}): ShardTask {
  return {
    bytes: Buffer.from(rows),
    rows: rows.trimEnd().split('\n').length,
    firstRow: 1,
    dialect,
    columns: HEADER.split(','),
    options: { formulas: 'escape', operating_point: 'default', missing: 'partial', explain: false },
    model: { digest: classifier.model.digest, bytes: modelFile },
    ...overrides,
  };
}

/** Cells of each row, as csv-parse reads them. */
function cellsOf(bytes: Uint8Array): string[][] {
  return parse(Buffer.from(bytes), { relax_quotes: true }) as string[][];
}

const ROW = '7,5,1,1,1,2,1,3,1,1,x';

test('a scored row is the input, byte for byte, and the result columns', () => {
  const { results, errors, counts } = scoreShard(classifier, task(`${ROW}\n`, { firstRow: 41 }));
  const { probability } = classifier.predict([5, 1, 1, 1, 2, 1, 3, 1, 1]);
  expect(Buffer.from(results).toString()).toBe(`${ROW},41,ok,benign,${probability},confident,,,wbc-knn@1.0.0,,\n`);
  expect(errors).toHaveLength(0);
  expect(counts).toEqual({
    succeeded: 1,
    rejected: 0,
    benign: 1,
    malignant: 0,
    indeterminate: 0,
    missing_features: 0,
    confident_benign: 1,
    confident_malignant: 0,
    changed: 0,
  });
});

test('each row keeps its line end, and a last row without one gets the file’s', () => {
  const { results } = scoreShard(classifier, task(`${ROW}\r\n\n${ROW}\n${ROW}`));
  expect(Buffer.from(results).toString().match(/\r?\n/g)).toEqual(['\r\n', '\n', '\n']);
});

test('missing features and the reasons of indeterminate rows are named', () => {
  const { results, counts } = scoreShard(classifier, task('8,5,4,4,3,4,?,4,3,,x\n'));
  expect(cellsOf(results)[0]?.slice(11)).toEqual([
    '1',
    'ok',
    expect.any(String),
    expect.any(String),
    'indeterminate',
    'grey_zone',
    'bare_nuclei;mitoses',
    'wbc-knn@1.0.0',
    '',
    '',
  ]);
  expect(counts).toMatchObject({ indeterminate: 1, missing_features: 1 });
});

test('the fast path and the cell parser give the same result for every row', () => {
  const value = fc.oneof(
    fc.integer({ min: 1, max: 10 }).map(String),
    fc.constantFrom('', '?', 'NA', 'NaN', '11', '0', 'x', '5.0', ' 7 '),
  );
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 20 }), (rows) => {
      const plain = scoreShard(classifier, task(rows.map((cells) => `7,${cells.join(',')},x\n`).join('')));
      // A quoted id sends every row through its decoded cells.
      const quoted = scoreShard(classifier, task(rows.map((cells) => `"7",${cells.join(',')},x\n`).join('')));
      expect(cellsOf(quoted.results)).toEqual(cellsOf(plain.results));
      expect(quoted.counts).toEqual(plain.counts);
    }),
  );
});

test('the joined bytes do not depend on the cut into shards', () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    i % 7 === 0 ? `${i},"a\n${i}",2\n` : `${i},${1 + (i % 10)},1,1,1,2,1,3,1,1,"n${i}"\n`,
  ).join('');
  const file = Buffer.from(`${HEADER}\n${rows}`);
  const whole = scoreShard(classifier, task(rows));
  const header = readHeader(file, { final: true, countRecognized: (columns) => countFeatureColumns(columns, wbc) });
  if (header === undefined) throw new Error('no header');
  for (const shardRows of [1, 7, 59]) {
    const cutter = new ShardSplitter(header, { shardRows, shardBytes: 1e6, maxShards: 100, maxRowBytes: 1e6 });
    cutter.push(file.subarray(header.byteLength));
    const parts = cutter
      .end()
      .shards.map(({ offset, length, firstRow }) =>
        scoreShard(classifier, task(file.subarray(offset, offset + length).toString(), { firstRow })),
      );
    expect(parts.length).toBeGreaterThan(1);
    expect(Buffer.concat(parts.map(({ results }) => results))).toEqual(Buffer.from(whole.results));
    expect(Buffer.concat(parts.map(({ errors }) => errors))).toEqual(Buffer.from(whole.errors));
  }
});

test('a prediction cache changes no byte, whatever it contains', () => {
  const memo = new PredictionCache(classifier, 'default');
  const cell = fc.constantFrom('1', '2', '10', '', '11');
  const row = fc.oneof(
    fc.constant(ROW),
    fc.array(cell, { minLength: 9, maxLength: 9 }).map((cells) => `"7",${cells.join(',')},=x`),
  );
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.constantFrom('\n', '\r\n'), (rows, lineEnd) => {
      const shard = () => task(rows.join(lineEnd), { dialect: { ...dialect, lineEnd } });
      expect(scoreShard(classifier, shard(), { cache: memo })).toEqual(scoreShard(classifier, shard()));
    }),
  );
});

test('scored rows are counted by tenth of their probability, from the cache too', () => {
  const bad = '8,11,1,1,1,2,1,3,1,1,x';
  const rows = [ROW, bad, '7,5,4,4,3,4,4,4,3,1,x', ROW, '7,8,8,8,8,8,8,8,8,8,x'].join('\n');
  const probabilities = [2, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const { probability } = classifier.predict([5, 4, 4, 3, 4, 4, 4, 3, 1]);
  expect(probability).toBeGreaterThan(0.5);
  probabilities[Math.floor(10 * probability)]++;
  const cache = new PredictionCache(classifier, 'default');
  for (const extras of [{}, { cache }, { cache }])
    expect(scoreShard(classifier, task(rows), extras)).toMatchObject({ counts: { rejected: 1 }, probabilities });
  expect(scoreShard(classifier, task(`${bad}\n`)).probabilities).toEqual(Array(10).fill(0));
  expect(writeFailedShard(classifier, task(rows)).probabilities).toEqual(Array(10).fill(0));
});

test('shards scored with evidence leave the cache unchanged', () => {
  const memo = new PredictionCache(classifier, 'default');
  const explainer = new RowExplainer(classifier.model);
  const explained = scoreShard(classifier, task(`${ROW}\n`), { cache: memo, explainer });
  expect(explained).toEqual(scoreShard(classifier, task(`${ROW}\n`), { explainer }));
  const rows = `7,8,8,8,8,8,8,8,8,8,x\n${ROW}\n`;
  expect(scoreShard(classifier, task(rows), { cache: memo })).toEqual(scoreShard(classifier, task(rows)));
});

test('a row whose cells may be shifted loses its measurements in the errors file only', () => {
  const { results, errors } = scoreShard(
    classifier,
    task('7,5,1,1,1,2,1,3,1,1\n"8"x,5,1,1,1,2,1,3,1,1,x\n9,5,1,1,1,2,1,3,1,99,x\n'),
  );
  expect(cellsOf(results).map((cells) => cells.slice(0, 3))).toEqual([
    ['7', '5', '1'],
    ['"8"x', '5', '1'],
    ['9', '5', '1'],
  ]);
  expect(cellsOf(errors).map((cells) => [...cells.slice(0, 3), cells[11]])).toEqual([
    ['7', '', '', 'column-count'],
    ['"8"x', '', '', 'malformed-quotes'],
    ['9', '5', '1', 'out-of-range'],
  ]);
});

test('a failed shard marks every row as failed and lists it in the errors file', () => {
  const { results, errors, counts } = writeFailedShard(classifier, task(`${ROW}\n7,99\n`, { firstRow: 5 }));
  expect(cellsOf(results).map((cells) => [cells[11], cells[12], cells[19]])).toEqual([
    ['5', 'failed', 'shard-failed'],
    ['6', 'failed', 'shard-failed'],
  ]);
  expect(cellsOf(errors)).toHaveLength(2);
  expect(counts.succeeded + counts.rejected).toBe(0);
});

test('missing=reject scores complete rows only', () => {
  const options = { formulas: 'escape', operating_point: 'default', missing: 'reject', explain: false } as const;
  const { results } = scoreShard(
    classifier,
    task(`${ROW}\n8,5,4,4,3,4,?,4,3,1,x\n"9",5,4,4,3,4,,4,3,1,x\n`, { options }),
  );
  expect(cellsOf(results).map((cells) => cells[19])).toEqual(['', 'too-many-missing', 'too-many-missing']);
});

test('compared with another model, rows whose class differs are listed with both results', () => {
  const baselineFile = readFileSync(
    join(__dirname, '../../../../packages/registry/models/wbc-knn-euclidean/1.0.0.json'),
  );
  const baseline = Classifier.load(baselineFile);
  const features = fc.sample(fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 9, maxLength: 9 }), {
    numRuns: 300,
    seed: 1,
  });
  const differing = features.flatMap((sample, row) =>
    classifier.predict(sample).label === baseline.predict(sample).label ? [] : [String(row + 1)],
  );
  const rows = features.map((sample) => `7,${sample.join(',')},x\n`).join('');
  const compared = {
    model: { digest: baseline.model.digest, bytes: baselineFile },
    operatingPoint: 'default',
  } as const;
  const { changes, counts } = scoreShard(classifier, task(rows, { comparedModel: compared }), {
    comparedClassifier: baseline,
  });
  expect(differing.length).toBeGreaterThan(0);
  expect(cellsOf(changes).map((cells) => cells[11])).toEqual(differing);
  expect(counts.changed).toBe(differing.length);
  for (const cells of cellsOf(changes))
    expect(new Set([cells[12], cells[15]])).toEqual(new Set(['benign', 'malignant']));
});

test('scored rows have evidence columns in order; for other rows they are empty', () => {
  const explainer = new RowExplainer(classifier.model);
  const columns = explainColumns(classifier.model.schema);
  const { results } = scoreShard(classifier, task(`${ROW}\n8,99,4,4,3,4,?,4,3,1,x\n`), { explainer });
  const [explained, rejected] = cellsOf(results) as [string[], string[]];
  expect(explained).toHaveLength(11 + 10 + columns.length);
  const cell = (name: string) => explained[21 + columns.indexOf(name)] as string;
  const shares = columns.filter((name) => name.startsWith('shapley_')).map((name) => Number(cell(name)));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(Number(explained[14]), 12);
  expect(cell('nearest_rows').split(';')[0]).toBe('1');
  expect(cell('conformal_set')).toBe('benign');
  expect(rejected.slice(21)).toEqual(columns.map(() => ''));
});

test('a header that does not match the model is an error, not an empty shard', () => {
  expect(() => scoreShard(classifier, task('1,2\n', { columns: ['id', 'Clump'] }))).toThrow('missing-column');
});

describe('canonical rows', () => {
  const canonical = {
    features: [11, 12, 13, 14, 15, 16, 17, 18, 19],
    sources: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    id: 0,
    label: null,
    line: 20,
    fault: 21,
  };
  const scored = '7,"5,0","1,0",1,1,2,1,3,1,1,x,5.0,1.0,1,1,2,1,3,1,1,4,';
  const faulty = `8,,,,,,,,,,x${',!'.repeat(9)},6,"column-count row has 2 cells, the header 11: ""8"", ""x"""`;
  const rejected = `9,10,,,,,,,,,x${',!'.repeat(9)},9,not-a-record the cells are the numbers of the columns`;
  const canonicalTask = (rows: string) => task(rows, { canonical, addsRowAndLineToErrors: true });

  test('are scored by their hidden values, and results contain the original text only', () => {
    const { results, errors, counts } = scoreShard(classifier, canonicalTask(`${scored}\n${faulty}\n${rejected}\n`));
    const [first, second, third] = cellsOf(results);
    expect(first.slice(0, 14)).toEqual([
      '7',
      '5,0',
      '1,0',
      '1',
      '1',
      '2',
      '1',
      '3',
      '1',
      '1',
      'x',
      '1',
      'ok',
      'benign',
    ]);
    expect(second.slice(10, 13)).toEqual(['x', '2', 'rejected']);
    expect(third.slice(10, 13)).toEqual(['x', '3', 'rejected']);
    expect(cellsOf(errors)).toEqual([
      ['8', ...Array<string>(9).fill(''), 'x', 'column-count', 'row has 2 cells, the header 11: "8", "x"', '2', '6'],
      [
        '9',
        '10',
        ...Array<string>(8).fill(''),
        'x',
        'not-a-record',
        'the cells are the numbers of the columns',
        '3',
        '9',
      ],
    ]);
    expect(counts).toMatchObject({ succeeded: 1, rejected: 2 });
  });

  test('leave the result cache valid for plain rows of the same samples', () => {
    const cache = new PredictionCache(classifier, 'default');
    scoreShard(classifier, canonicalTask(`${scored}\n`), { cache });
    const plain = scoreShard(classifier, task(`${ROW}\n`), { cache });
    expect(Buffer.from(plain.results)).toEqual(Buffer.from(scoreShard(classifier, task(`${ROW}\n`)).results));
  });
});

test('errors of plain rows name the physical line, also after empty lines and multi-line cells', () => {
  const bad = '7,55,1,1,1,2,1,3,1,1,x';
  const rows = `${ROW}\n\n${ROW.replace('x', '"a\nb"')}\n${bad}\n\n${bad}\n`;
  const { errors } = scoreShard(classifier, task(rows, { firstRow: 3, firstLine: 10, addsRowAndLineToErrors: true }));
  expect(cellsOf(errors).map((cells) => cells.slice(-2))).toEqual([
    ['5', '14'],
    ['6', '16'],
  ]);
});

describe('a file with a class column', () => {
  const columns = [...HEADER.split(',').slice(0, -1), 'class'];
  const BENIGN = '7,5,1,1,1,2,1,3,1,1';
  const MALIGNANT = '7,8,10,10,8,7,10,9,7,1';
  const GREY = '7,5,4,4,3,4,4,4,3,1';
  const rows = [
    [BENIGN, '2'],
    [BENIGN, 'M'],
    [MALIGNANT, 'malignant'],
    [MALIGNANT, ' b '],
    [MALIGNANT, '4'],
    [GREY, '4'],
    [BENIGN, '0'],
    [BENIGN, '1'],
    [BENIGN, ''],
    ['7,11,1,1,1,2,1,3,1,1', '2'],
  ];
  const expected = {
    true_positive: 3,
    false_negative: 1,
    true_negative: 1,
    false_positive: 1,
    confident: { true_positive: 2, false_negative: 1, true_negative: 1, false_positive: 1 },
  };
  const text = (quote: string) => rows.map(([row, label]) => `${row},${quote}${label}${quote}\n`).join('');

  test.each(['', '"'])('counts rows by known and predicted class, in cells between %j', (quote) => {
    expect(classifier.predict([5, 4, 4, 3, 4, 4, 4, 3, 1])).toMatchObject({ label: 1, reasonFlags: 1 });
    const shard = () => task(text(quote), { columns });
    expect(scoreShard(classifier, shard()).agreement).toEqual(expected);
    const cache = new PredictionCache(classifier, 'default');
    expect(scoreShard(classifier, shard(), { cache }).agreement).toEqual(expected);
    expect(scoreShard(classifier, shard(), { cache }).agreement).toEqual(expected);
  });

  test('is counted in canonical rows too', () => {
    const values = (row: string) => row.split(',').slice(1).join();
    const features = Array.from({ length: 9 }, (_, index) => 11 + index);
    const canonical = {
      features,
      sources: features.map((column) => column - 10),
      id: 0,
      label: 10,
      line: 20,
      fault: 21,
    };
    const canonicalRows = rows.map(([row, label], index) => `${row},${label},${values(row)},${index + 2},\n`).join('');
    expect(scoreShard(classifier, task(canonicalRows, { columns, canonical })).agreement).toEqual(expected);
  });
});

test('without a class column nothing is compared', () => {
  expect(scoreShard(classifier, task(`${ROW}\n`))).not.toHaveProperty('agreement');
});
