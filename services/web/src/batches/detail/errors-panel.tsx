import type { Batch } from '@cytoqueue/client';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { useCsvPreview } from '../batch-queries';
import { ErrorBreakdown } from '../error-breakdown';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** About ten thousand rejected rows; of longer files only the beginning is summarised. */
const READ_BYTES = 1_000_000;
const READ_ROWS = 20_000;
const MAX_LISTED = 10;

/** Reasons why rows were not scored, and the errors file to correct and resubmit. */
export function ErrorsPanel({ batch }: { batch: Batch }) {
  const { data, error, isPending, refetch } = useCsvPreview(batch.id, 'errors', batch.completed_at ?? '', {
    bytes: READ_BYTES,
    rows: READ_ROWS,
  });
  const notScored = batch.counts.rejected + batch.counts.failed;
  return (
    <Panel title={TEXTS.notScored} lead={TEXTS.errorsPanel.lead}>
      {isPending && <Loading />}
      {error !== null && (
        <ErrorNotice error={error} what={TEXTS.errorsPanel.loadFailed} onRetry={() => void refetch()} />
      )}
      {data !== undefined && (
        <>
          {!data.isComplete && (
            <p className={ui.note}>{TEXTS.errorsPanel.byKind(formatCount(notScored), formatCount(data.rows.length))}</p>
          )}
          <ErrorBreakdown counts={countBy(data.rows, 'error_code')} />
          <details>
            <summary>
              {data.rows.length > MAX_LISTED
                ? TEXTS.errorsPanel.firstRows(MAX_LISTED)
                : TEXTS.errorsPanel.rows(data.rows.length)}
            </summary>
            <ul className={ui.small}>
              {data.rows.slice(0, MAX_LISTED).map((row, index) => (
                <li key={index}>
                  {resultCell(row, 'row') !== '' && TEXTS.errorsPanel.row(resultCell(row, 'row'))}
                  {resultCell(row, 'error_detail')}
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </Panel>
  );
}

function countBy(rows: readonly Record<string, string>[], column: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const value = resultCell(row, column);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

/** Cell of a result column, which is prefixed when the input has a column of that name. */
function resultCell(row: Readonly<Record<string, string>>, column: string): string {
  return row[`cytoqueue_${column}`] ?? row[column] ?? '';
}
