import { type Batch, type BatchRow, type ClassName, probabilityOf } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { Button } from '../../ui/button';
import { ClassIcon } from '../../ui/class-icon';
import { subjectOf, toneOf } from '../../ui/class-words';
import { ErrorNotice } from '../../ui/error-notice';
import { formatCount, formatProbability, pluralize } from '../../ui/format';
import { Loading } from '../../ui/loading';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { TextField } from '../../ui/text-field';
import { isUnusual, reasonLabel } from '../../predictions/result/reason-labels';
import type { BatchClasses } from '../batch-queries';
import { featureLabel } from '../drift-labels';
import { type RowFilter, useBatchRows } from './row-queries';
import { rowTitle } from './row-labels';

const UNDECIDED = 'Undecided';
const ALL = 'All rows';

/** The filters by their labels. */
function filtersOf(classes: BatchClasses | undefined): Readonly<Record<string, RowFilter>> {
  const names = classes === undefined ? [] : [classes.positive, classes.negative];
  const byClass = names.map((name) => [`Likely ${name}`, { outcome: 'confident', predicted_class: name }] as const);
  return { [UNDECIDED]: { outcome: 'indeterminate' }, ...Object.fromEntries(byClass), [ALL]: {} };
}

/** The rows of a finished batch: undecided ones first, with filters and a search by the file's identifier. */
export function RowsPanel({ batch, classes }: { batch: Batch; classes: BatchClasses | undefined }) {
  const [filter, setFilter] = useState(batch.summary.indeterminate > 0 ? UNDECIDED : ALL);
  const [idPrefix, setIdPrefix] = useState('');
  const filters = filtersOf(classes);
  const query = useBatchRows(batch.id, batch.completed_at ?? '', filters[filter] ?? {}, idPrefix);
  const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Panel
      title="Rows"
      lead="In the order of the file, unusual records first. Open a row to see its values and to record a review."
    >
      <div className="rows-tools">
        <fieldset className="choices">
          <legend className="visually-hidden">Show rows</legend>
          {Object.keys(filters).map((name) => (
            <label key={name} className="choice">
              <input type="radio" name="row-filter" checked={filter === name} onChange={() => setFilter(name)} />
              <span>{name}</span>
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
      {rows.length > 0 && <RowsTable batch={batch} rows={rows} positive={classes?.positive} />}
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
  return hasMore
    ? `The first ${pluralize(shown, { one: 'row', other: 'rows' })}${found}.`
    : `${pluralize(shown, { one: 'row', other: 'rows' })}${found}.`;
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

function RowsTable({
  batch,
  rows,
  positive,
}: {
  batch: Batch;
  rows: readonly BatchRow[];
  positive: ClassName | undefined;
}) {
  return (
    <TableScroll label="Result rows">
      <table className="list compact cards">
        <thead>
          <tr>
            <th scope="col">Reference</th>
            <th scope="col">Model result</th>
            <th scope="col" className="number">
              Probability{positive !== undefined && ` of ${subjectOf(positive)}`}
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
