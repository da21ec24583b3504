import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModel } from '@cytoqueue/classifier';
import type { TrainingReport } from './report';
import { shippedData } from './shipped-models';
import { runTrainCommand } from './train-command';

const directory = mkdtempSync(join(tmpdir(), 'train-'));
afterAll(() => rmSync(directory, { recursive: true }));

const [header, ...rows] = readFileSync(shippedData[0].path, 'utf8').trim().split('\n');

function writeData(name: string, lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function run(...argv: string[]) {
  const written = { out: '', err: '' };
  const terminal = {
    out: { write: (text: string) => Boolean((written.out += text)) },
    err: { isTTY: false, write: (text: string) => Boolean((written.err += text)) },
  };
  return { status: runTrainCommand(argv, terminal as unknown as Parameters<typeof runTrainCommand>[1]), ...written };
}

function filesOf(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path))]));
}

test.each(['--help', '-h'])('%s shows the usage', (option) => {
  expect(run(option)).toEqual({ status: 0, err: '', out: expect.stringContaining('--schema wbc|wdbc') });
});

describe('a small labelled file', () => {
  const data = writeData('small.csv', [header, ...rows.slice(0, 90)]);
  const outs = ['one', 'two'].map((name) => join(directory, name));
  const runs = outs.map((out) =>
    run(
      '--data',
      data,
      '--schema',
      'wbc',
      '--out',
      out,
      '--name',
      'small',
      '--model-version',
      '2.1.0',
      '--seed',
      '5',
      '--repetitions',
      '1',
    ),
  );
  const files = filesOf(outs[0]);

  test('gives models with their cards', () => {
    expect(runs[0]).toMatchObject({ status: 0 });
    const card = [
      'card.md',
      'comparisons.json',
      'confusion-matrix.svg',
      'evaluation.json',
      'reliability.svg',
      'risk-coverage.svg',
      'roc.svg',
    ];
    const ofModel = (name: string) => [`${name}/2.1.0.json`, ...card.map((part) => `${name}/2.1.0/${part}`)];
    expect([...files.keys()].sort()).toEqual(
      ['evaluation.json', ...ofModel('small'), ...ofModel('small-euclidean')].sort(),
    );
    expect(parseModel(files.get('small/2.1.0.json') ?? Buffer.of()).ref).toBe('small@2.1.0');
  });

  test('has too few rows of a class for rules about unlike records and files, and the card and the terminal say so', () => {
    expect(parseModel(files.get('small/2.1.0.json') ?? Buffer.of()).file).not.toHaveProperty('novelty');
    const reason = /knows neither unusual records[^:]*: \d+ complete rows are malignant, 50 are needed/;
    expect(runs[0].out).toMatch(reason);
    expect(String(files.get('small/2.1.0/card.md'))).toMatch(reason);
  });

  test('gives the same bytes every time', () => {
    const again = filesOf(outs[1]);
    expect([...again.keys()]).toEqual([...files.keys()]);
    for (const [path, bytes] of files) expect(again.get(path)?.equals(bytes)).toBe(true);
  });

  test('is evaluated, and the outputs contain neither path nor id', () => {
    const report = JSON.parse(String(files.get('evaluation.json'))) as TrainingReport;
    const { cv } = report.models.small;
    for (const metric of [cv.accuracy, cv.sensitivity, cv.specificity, cv.jaccard_malignant, cv.auc])
      expect(metric).toBeGreaterThan(0.5);
    expect(report.id_leak?.with_id.sensitivity).toBeLessThan(report.id_leak?.without_id.sensitivity ?? 0);
    for (const bytes of files.values()) expect(String(bytes)).not.toMatch(/\/tmp|train-|1000025/);
  });

  test('shows progress in plain lines without a terminal', () => {
    expect(runs[0].err).toMatch(/100 % cross-validation finished\n$/);
    expect(runs[0].err).not.toContain('\r');
    expect(runs[0].out).toContain('evaluation.json');
  });
});

test('a file with enough rows gives a main model that tells records and files unlike it', () => {
  const data = writeData('enough.csv', [header, ...rows.slice(0, 140)]);
  const out = join(directory, 'enough');
  const { status, out: printed } = run('--data', data, '--schema', 'wbc', '--out', out, '--repetitions', '1');
  expect(status).toBe(0);
  const { file } = parseModel(readFileSync(join(out, 'wbc-knn/1.0.0.json')));
  expect(file).toMatchObject({ format_version: 2, novelty: { range_margin: 1.25 }, drift: expect.any(Object) });
  expect(printed).toContain('wbc-knn: The model has the rule for unusual records');
  const report = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')) as TrainingReport;
  expect(report.models['wbc-knn']).toMatchObject({ digest: file.digest, unlike_training: { fitted: true } });
});

/** The file's rows with a cell replaced. */
function withCell(row: number, column: number, text: string): string[] {
  return [header, ...rows.map((line, index) => (index === row - 1 ? line.split(',').with(column, text).join() : line))];
}

test.each<[string, string[], RegExp]>([
  ['a bad cell', withCell(7, 3, '11'), /out-of-range \(1\)\n {2}data row 7: uniformity_of_cell_shape/],
  ['text for a grade', withCell(7, 3, 'high'), /not-an-integer \(1\)\n {2}data row 7/],
  ['an unknown label', withCell(9, 10, '3'), /unknown-label \(1\)\n {2}data row 9: "3" is not a class/],
  [
    'many bad cells',
    [header, ...rows.map((line) => line.replace(/,[24]$/, ',9'))],
    /unknown-label \(699\)[^]*… and 689 more/,
  ],
  ['a short row', [header, ...rows, '1,2,3'], /column-count \(1\)\n {2}data row 700/],
  [
    'contradictory labels',
    [header, ...rows, rows[0].replace(/2$/, '4')],
    /contradictory-labels \(1\)\n {2}data row 700: malignant, but data row 1 /,
  ],
  [
    'a constant column',
    [header, ...rows.map((line) => line.split(',').with(9, '1').join())],
    /constant-column \(1\)\n {2}mitoses is 1/,
  ],
  [
    'one class',
    [header, ...rows.filter((line) => line.endsWith(',2'))],
    /one-class \(1\)\n {2}all 444 complete rows are benign/,
  ],
  ['too few rows', [header, ...rows.slice(0, 30)], /too-few-rows \(1\)\n {2}8 complete rows are malignant/],
  [
    'rows of one patient',
    [header, ...rows.slice(0, 90).map((line) => line.replace(/^\d+/, '1'))],
    /too-few-rows \(1\)\n {2}47 benign and 41 malignant rows of 1 ids do not fill/,
  ],
  ['no rows', [header], /too-few-rows \(2\)/],
  ['no header', rows, /no-header/],
  [
    'no class',
    [header, ...rows].map((line) => line.replace(/,[^,]*$/, '')),
    /missing-column \(1\)\n {2}no class column/,
  ],
  [
    'a missing feature',
    [header.replace('mitoses', 'other'), ...rows],
    /missing-column \(1\)\n {2}no column for mitoses/,
  ],
  ['an open quote', [header, '"5,1'], /not-csv/],
  ['nothing', [''], /no-header/],
])('reports %s without a stack trace', (_name, lines, report) => {
  const { status, err } = run(
    '--data',
    writeData('bad.csv', lines),
    '--schema',
    'wbc',
    '--out',
    join(directory, 'bad'),
  );
  expect(status).toBe(1);
  expect(err).toMatch(report);
  expect(err).not.toMatch(/\n\s+at /);
});

test.each([
  [[], '--data is missing'],
  [['--data', 'nowhere.csv', '--schema', 'wbc'], 'there is no file'],
  [['--data', shippedData[0].path, '--schema', 'iris'], '--schema must be'],
  [['--data', shippedData[0].path, '--schema', 'wbc', '--seed', 'x'], '--seed must be'],
  [['--data', shippedData[0].path, '--schema', 'wbc', '--name', '../x'], '--name must consist of'],
  [['--data', shippedData[0].path, '--schema', 'wbc', '--model-version', 'latest'], '--model-version must be'],
  [['--data', shippedData[0].path, '--schema', 'wbc', '--repetitions', '0'], '--repetitions must be'],
  [['--wrong'], "Unknown option '--wrong'"],
])('the command %j is rejected with the usage', (argv, message) => {
  const { status, err } = run(...argv);
  expect(status).toBe(2);
  expect(err).toContain(message);
  expect(err).toContain('npm run train --');
});
