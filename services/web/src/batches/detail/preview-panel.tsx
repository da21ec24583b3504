import type { Batch } from '@cytoqueue/client';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { useCsvPreview } from '../batch-queries';
import { TableScroll } from '../../ui/table-scroll';

interface PreviewPanelProps {
  batch: Batch;
  file: 'results' | 'changes';
}

const SHOWN_ROWS = 100;
const READ_BYTES = 131_072;
/** Result columns come first: they matter more than the input's. */
const RESULT_COLUMNS = [
  'row',
  'row_status',
  'predicted_class',
  'probability_malignant',
  'outcome',
  'reason',
  'missing_features',
  'error_detail',
  'error_code',
  'model',
];

/** First rows of a result file; the rest is not loaded. */
export function PreviewPanel({ batch, file }: PreviewPanelProps) {
  const { data, error, isPending, refetch } = useCsvPreview(batch.id, file, batch.completed_at ?? '', {
    bytes: READ_BYTES,
    rows: SHOWN_ROWS,
  });
  return (
    <Panel
      title={file === 'results' ? 'The first results' : 'Rows whose class has changed'}
      lead={file === 'changes' ? changesLead(batch) : undefined}
    >
      {isPending && <Loading />}
      {error !== null && (
        <ErrorNotice error={error} what="The rows could not be loaded." onRetry={() => void refetch()} />
      )}
      {data !== undefined && data.rows.length > 0 && (
        <>
          <p className="small muted">
            {data.isComplete
              ? `All ${formatCount(data.rows.length)} rows.`
              : `The first ${formatCount(data.rows.length)} rows.`}{' '}
            Result columns are shown first; in the file they follow your columns.
          </p>
          <Rows file={file} columns={orderColumns(data.columns, file)} rows={data.rows} />
        </>
      )}
      {file === 'changes' && batch.links.changes !== undefined && data !== undefined && data.rows.length > 0 && (
        <p>
          <a className="button" href={`${batch.links.changes}?redirect=true`} download>
            Download the changes
          </a>
        </p>
      )}
    </Panel>
  );
}

function changesLead({ rescores }: Batch): string {
  const changed = rescores?.changed_rows ?? 0;
  const before = `${rescores?.model.name ?? ''} ${rescores?.model.version ?? ''}`;
  return changed === 0
    ? `Compared with ${before}, no row changed its class.`
    : `Compared with ${before}, ${formatCount(changed)} ${changed === 1 ? 'row has' : 'rows have'} changed class.`;
}

function orderColumns(columns: readonly string[], file: PreviewPanelProps['file']): string[] {
  if (file === 'changes') return [...columns];
  const isOurs = (column: string): boolean => RESULT_COLUMNS.includes(column.replace(/^cytoqueue_/, ''));
  return [...columns.filter(isOurs), ...columns.filter((column) => !isOurs(column))];
}

function Rows({
  file,
  columns,
  rows,
}: {
  file: PreviewPanelProps['file'];
  columns: readonly string[];
  rows: readonly Record<string, string>[];
}) {
  return (
    <TableScroll label={file === 'results' ? 'First results' : 'Changed rows'} isTall>
      <table className="list compact preview">
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
