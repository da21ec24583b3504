import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { WISCONSIN, readCsv, wisconsinOfAnotherLab } from '../support/records';
import { ROOT } from '../support/stack-process';
import type { SharedStack } from './shared-stack';

const DIAGNOSTIC = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-diagnostic.csv'), 'utf8');
const LABELS: Record<string, string> = { '2': 'benign', '4': 'malignant', B: 'benign', M: 'malignant' };

/** Confusion matrices counted from the rows of a result file. */
function countRows(results: string, column: string) {
  const scored = readCsv(results).filter(({ row_status }) => row_status === 'ok');
  const matrix = (rows: typeof scored) => {
    const count = (known: string, predicted: string) =>
      rows.filter((row) => LABELS[row[column] ?? ''] === known && row['predicted_class'] === predicted).length;
    return {
      true_positive: count('malignant', 'malignant'),
      false_negative: count('malignant', 'benign'),
      true_negative: count('benign', 'benign'),
      false_positive: count('benign', 'malignant'),
    };
  };
  return { column, ...matrix(scored), confident: matrix(scored.filter(({ outcome }) => outcome === 'confident')) };
}

export function agreementCases({ connect }: SharedStack): void {
  let client: ContractClient;

  beforeAll(async () => {
    client = await connect('agreement');
  });

  test.each([
    ['Original', WISCONSIN.toString(), 'class', 699, ''],
    ['Diagnostic', DIAGNOSTIC, 'class', 569, '?model=wdbc-knn'],
  ])('the %s file is compared with its class column', async (_, file, column, rows, query) => {
    const { batch, results } = await run(client, file, query);
    const expected = countRows(results.text, column);
    expect(expected.true_positive + expected.false_negative + expected.true_negative + expected.false_positive).toBe(
      rows,
    );
    expect(batch['agreement']).toEqual(expected);
  });

  test('a file that had to be converted has the agreement of the plain one', async () => {
    const plain = await run(client, wisconsinOfAnotherLab());
    const converted = await run(client, Buffer.from(`\uFEFF${wisconsinOfAnotherLab()}`, 'utf16le'));
    expect(converted.batch['import']).toMatchObject({ encoding: expect.stringMatching(/utf-?16/i) });
    expect(plain.batch['agreement']).toMatchObject({ column: 'Class' });
    expect(converted.batch['agreement']).toEqual(plain.batch['agreement']);
  });

  test('0 and 1 are not compared, and the file is warned about', async () => {
    const coded = WISCONSIN.toString().replace(/,[24]$/gm, (cell) => (cell === ',2' ? ',0' : ',1'));
    const { batch } = await run(client, coded);
    expect(batch).not.toHaveProperty('agreement');
    expect(batch['warnings']).toContainEqual(
      expect.objectContaining({ code: 'ambiguous-class-codes', row: 1, column: 'class' }),
    );
  });

  test('a file without a class column has none', async () => {
    const { batch } = await run(client, WISCONSIN.toString().replace('class', 'note'));
    expect(batch).not.toHaveProperty('agreement');
  });
}
