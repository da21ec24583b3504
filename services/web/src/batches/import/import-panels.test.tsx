/** @jest-environment jsdom */
import type { ImportReport } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { renderPage } from '../../page.test.fixtures';
import { ImportPanel } from './import-panel';
import { WarningsPanel } from './warnings-panel';

const REPORT: ImportReport = {
  container: 'xlsx',
  encoding: null,
  delimiter: null,
  decimal: ',',
  header_line: 3,
  sheet: 'Daten',
  skipped_rows: { empty: 2, repeated_header: 0, title: 1, second_header: 1 },
  repairs: [{ code: 'decimal-comma', detail: 'The file writes decimal commas.' }],
  canonical_sha256: '0',
  profile: { name: 'northgate', sha256: '1' },
};

test('the panel states what is known about the file and leaves out what does not apply', () => {
  renderPage(<ImportPanel report={REPORT} />);
  const facts = screen
    .getAllByRole('term')
    .map((term) => `${term.textContent}: ${term.nextElementSibling?.textContent}`);
  expect(facts).toEqual([
    'Type: Excel workbook',
    'Sheet: Daten',
    'Decimal sign: comma',
    'Header: line 3',
    'Rows left out: 1 title or comment line, 1 second header row, 2 empty rows',
    'Import profile: northgate',
  ]);
  expect(screen.getByRole('listitem').textContent).toBe('The file writes decimal commas.');
});

test('warnings are listed with row, line, column and reason, and the others are counted', () => {
  const warning = { code: 'no-identifier', detail: 'The row has no identifier.', row: 3, line: 1_006, column: 'Fall' };
  renderPage(<WarningsPanel warnings={[warning, { code: 'hidden-rows', detail: 'Hidden.' }]} total={1_200} />);
  expect(screen.getByRole('heading').textContent).toBe('1,200 warnings');
  const rows = screen.getAllByRole('row').slice(1);
  expect(rows.map((row) => Array.from(row.children, (cell) => cell.textContent))).toEqual([
    ['Row without a reference', '3', '1,006', 'Fall', 'The row has no identifier.'],
    ['Hidden rows', '–', '–', '–', 'Hidden.'],
  ]);
  expect(screen.getByText('and 1,198 more warnings')).toBeTruthy();
});

test('a file without warnings has no list', () => {
  renderPage(<WarningsPanel warnings={[]} total={0} />);
  expect(screen.queryByRole('heading')).toBeNull();
});
