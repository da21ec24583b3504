import type { Batch } from '@cytoqueue/client';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { useCsvPreview } from '../batch-queries';
import { TableScroll } from '../../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './detail.module.css';

const SHOWN_ROWS = 100;
const READ_BYTES = 131_072;

/** First rows whose class differs from the batch before; the rest is not loaded. */
export function PreviewPanel({ batch }: { batch: Batch }) {
  const { data, error, isPending, refetch } = useCsvPreview(batch.id, 'changes', batch.completed_at ?? '', {
    bytes: READ_BYTES,
    rows: SHOWN_ROWS,
  });
  return (
    <Panel title={TEXTS.previewPanel.title} lead={changesLead(batch)}>
      {isPending && <Loading />}
      {error !== null && (
        <ErrorNotice error={error} what={TEXTS.previewPanel.loadFailed} onRetry={() => void refetch()} />
      )}
      {data !== undefined && data.rows.length > 0 && (
        <>
          <p className={ui.note}>
            {data.isComplete
              ? TEXTS.previewPanel.all(formatCount(data.rows.length))
              : TEXTS.previewPanel.first(formatCount(data.rows.length))}
          </p>
          <Rows columns={data.columns} rows={data.rows} />
        </>
      )}
    </Panel>
  );
}

function changesLead({ rescores }: Batch): string {
  const changed = rescores?.changed_rows ?? 0;
  const before = `${rescores?.model.name ?? ''} ${rescores?.model.version ?? ''}`;
  return changed === 0 ? TEXTS.previewPanel.unchanged(before) : TEXTS.previewPanel.changed(before, changed);
}

function Rows({ columns, rows }: { columns: readonly string[]; rows: readonly Record<string, string>[] }) {
  return (
    <TableScroll label={TEXTS.previewPanel.table} isTall>
      <table className={`${ui.list} ${ui.compact} ${styles.preview}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column}>{shortenNumber(row[column] ?? '')}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

/** The file holds probabilities with up to 17 digits. */
function shortenNumber(text: string): string {
  if (!/^0\.\d{5,}$|^\d(\.\d+)?e-\d+$/.test(text)) return text;
  const value = Number(text);
  if (value < 0.0001) return '< 0.0001';
  return value > 0.9999 ? '> 0.9999' : value.toFixed(4);
}
