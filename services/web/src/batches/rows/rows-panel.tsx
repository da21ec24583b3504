import { type Batch, type BatchRow, probabilityOf } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { Button } from '../../ui/button';
import { ClassIcon } from '../../ui/class-icon';
import { toneOf } from '../../ui/class-words';
import { ErrorNotice } from '../../ui/error-notice';
import { formatCount, formatProbability, pluralize } from '../../ui/format';
import { Loading } from '../../ui/loading';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { TextField } from '../../ui/text-field';
import { isUnusual, reasonLabel } from '../../predictions/result/reason-labels';
import { featureLabel } from '../drift-labels';
import { ROW_FILTERS, type RowFilter, useBatchRows } from './row-queries';
import { rowTitle } from './row-labels';

const FILTER_LABELS: Readonly<Record<RowFilter, string>> = {
  undecided: 'Undecided',
  malignant: 'Likely malignant',
  benign: 'Likely benign',
  all: 'All rows',
};

/** The rows of a finished batch: undecided ones first, with filters and a search by the file's identifier. */
export function RowsPanel({ batch }: { batch: Batch }) {
  const [filter, setFilter] = useState<RowFilter>(batch.summary.indeterminate > 0 ? 'undecided' : 'all');
  const [idPrefix, setIdPrefix] = useState('');
  const query = useBatchRows(batch.id, batch.completed_at ?? '', filter, idPrefix);
  const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Panel
      title="Rows"
      lead="In the order of the file, unusual records first. Open a row to see its values and to record a review."
    >
      <div className="rows-tools">
        <fieldset className="choices">
          <legend className="visually-hidden">Show rows</legend>
          {Object.keys(ROW_FILTERS).map((name) => (
            <label key={name} className="choice">
              <input
                type="radio"
                name="row-filter"
                checked={filter === name}
                onChange={() => setFilter(name as RowFilter)}
              />
              <span>{FILTER_LABELS[name as RowFilter]}</span>
            </label>
          ))}
        </fieldset>
        <SearchForm onSearch={setIdPrefix} />
      </div>
      {query.isError && (
        <ErrorNotice error={query.error} what="The rows could not be loaded." onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && (
        <p role="status" className="small muted">
          {statusText(rows.length, query.hasNextPage, idPrefix)}
        </p>
      )}
      {rows.length > 0 && <RowsTable batch={batch} rows={rows} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show more rows
        </Button>
      )}
    </Panel>
  );
}

function statusText(shown: number, hasMore: boolean, idPrefix: string): string {
  const found = idPrefix === '' ? '' : ` whose reference begins with “${idPrefix}”`;
  if (shown === 0) return hasMore ? `No row${found} so far.` : `No row${found}.`;
  return hasMore ? `The first ${pluralize(shown, 'row')}${found}.` : `${pluralize(shown, 'row')}${found}.`;
}

/** Searches on submit, not on every key: the identifier is sent to the service. */
function SearchForm({ onSearch }: { onSearch: (idPrefix: string) => void }) {
  const [text, setText] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSearch(text.trim());
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <TextField label="Reference begins with" type="search" value={text} onChange={setText} autoComplete="off" />
      <Button type="submit">Search</Button>
    </form>
  );
}

function RowsTable({ batch, rows }: { batch: Batch; rows: readonly BatchRow[] }) {
  return (
    <TableScroll label="Result rows">
      <table className="list compact cards">
        <thead>
          <tr>
            <th scope="col">Reference</th>
            <th scope="col">Model result</th>
            <th scope="col" className="number">
              Probability of malignancy
            </th>
            <th scope="col">Reason</th>
            <th scope="col" className="number">
              Row
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.row}>
              <th scope="row" translate="no">
                <Link to={`/batches/${batch.id}/rows/${row.row}`}>{rowTitle(row)}</Link>
              </th>
              <td data-label="Model result">
                <RowOutcome row={row} />
              </td>
              <td data-label="Probability" className="number" translate="no">
                {row.result && formatProbability(probabilityOf(row.result))}
              </td>
              <td data-label="Reason" className="small">
                <RowReasons row={row} />
              </td>
              <td data-label="Row" className="number muted" translate="no">
                {formatCount(row.row)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function RowOutcome({ row: { result, error } }: { row: BatchRow }) {
  if (result === undefined) return <span>{error?.status === 'failed' ? 'System error' : 'Invalid'}</span>;
  if (result.outcome === 'indeterminate')
    return (
      <span>
        <ClassIcon name="indeterminate" /> Undecided
      </span>
    );
  return (
    <span>
      <ClassIcon name={toneOf(result.predicted_class, result)} /> Likely {result.predicted_class}
    </span>
  );
}

function RowReasons({ row: { result, error } }: { row: BatchRow }) {
  if (result === undefined) return <span>{error?.detail}</span>;
  const { reasons, missing_features: missing } = result;
  return (
    <span>
      {isUnusual(reasons) && <span className="chip warning">Unusual record</span>}{' '}
      {reasons
        .map(reasonLabel)
        .filter((label) => label !== 'Unusual record')
        .join('; ')}
      {missing.length > 0 && ` Not measured: ${missing.map(featureLabel).join(', ')}`}
    </span>
  );
}
