import { ApiError, type Batch, type BatchRow, type ClassName, probabilityOf } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { Button } from '../../ui/button';
import { ClassIcon } from '../../ui/class-icon';
import { subjectOf, toneOf } from '../../ui/class-words';
import { ErrorNotice } from '../../ui/error-notice';
import { formatCount, formatProbability } from '../../ui/format';
import { Loading } from '../../ui/loading';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { TextField } from '../../ui/text-field';
import { isUnusual, otherReasonLabels } from '../../predictions/result/reason-labels';
import type { BatchClasses } from '../batch-queries';
import { featureLabel } from '../drift-labels';
import { type RowFilter, useBatchRows } from './row-queries';
import { rowTitle } from './row-labels';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './rows.module.css';

const UNDECIDED = TEXTS.undecided;
const ALL = TEXTS.rowsPanel.all;

/** The filters by their labels. */
function filtersOf(classes: BatchClasses | undefined): Readonly<Record<string, RowFilter>> {
  const names = classes === undefined ? [] : [classes.positive, classes.negative];
  const byClass = names.map((name) => [TEXTS.likely(name), { outcome: 'confident', predicted_class: name }] as const);
  const undecided: Record<string, RowFilter> = {
    [UNDECIDED]: { outcome: 'indeterminate' },
    [TEXTS.rowsPanel.unusualRows]: { reason: 'unusual_record' },
  };
  return { ...undecided, ...Object.fromEntries(byClass), [ALL]: {} };
}

/** The rows of a finished batch: at first the undecided ones of the whole file; with filters and a search by the file's identifier. */
export function RowsPanel({ batch, classes }: { batch: Batch; classes: BatchClasses | undefined }) {
  const [filter, setFilter] = useState(batch.summary.indeterminate > 0 ? UNDECIDED : ALL);
  const [idPrefix, setIdPrefix] = useState('');
  const filters = filtersOf(classes);
  const query = useBatchRows(batch.id, batch.completed_at ?? '', filters[filter] ?? {}, idPrefix);
  const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Panel title={TEXTS.rowsPanel.title} lead={TEXTS.rowsPanel.lead}>
      <div className={styles.rowsTools}>
        <fieldset className={ui.choices}>
          <legend className={ui.visuallyHidden}>{TEXTS.rowsPanel.filter}</legend>
          {Object.keys(filters).map((name) => (
            <label key={name} className={ui.choice}>
              <input type="radio" name="row-filter" checked={filter === name} onChange={() => setFilter(name)} />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
        <SearchForm onSearch={setIdPrefix} />
      </div>
      {query.isError &&
        (idPrefix !== '' && query.error instanceof ApiError && query.error.status === 422 ? (
          <p role="status">{TEXTS.rowsPanel.noReference}</p>
        ) : (
          <ErrorNotice error={query.error} what={TEXTS.rowsPanel.loadFailed} onRetry={() => void query.refetch()} />
        ))}
      {query.isPending && <Loading />}
      {query.isSuccess && (
        <p role="status" className={ui.note}>
          {rows.length === 0
            ? TEXTS.rowsPanel.noRow(idPrefix, query.hasNextPage)
            : TEXTS.rowsPanel.shown(rows.length, idPrefix, query.hasNextPage)}
        </p>
      )}
      {rows.length > 0 && <RowsTable batch={batch} rows={rows} positive={classes?.positive} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {TEXTS.rowsPanel.showMore}
        </Button>
      )}
    </Panel>
  );
}

/** Searches on submit, not on every key: the identifier is sent to the service. */
function SearchForm({ onSearch }: { onSearch: (idPrefix: string) => void }) {
  const [text, setText] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSearch(text.trim());
  };
  return (
    <form className={styles.search} role="search" onSubmit={submit}>
      <TextField label={TEXTS.rowsPanel.search} type="search" value={text} onChange={setText} autoComplete="off" />
      <Button type="submit">{TEXTS.rowsPanel.submit}</Button>
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
    <TableScroll label={TEXTS.rowsPanel.table}>
      <table className={`${ui.list} ${ui.compact} ${ui.cards}`}>
        <thead>
          <tr>
            <th scope="col">{TEXTS.rowsPanel.reference}</th>
            <th scope="col">{TEXTS.rowsPanel.result}</th>
            <th scope="col" className={ui.number}>
              {positive === undefined
                ? TEXTS.rowsPanel.probability
                : TEXTS.rowsPanel.probabilityOf(subjectOf(positive))}
            </th>
            <th scope="col">{TEXTS.rowsPanel.reason}</th>
            <th scope="col" className={ui.number}>
              {TEXTS.rowsPanel.row}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.row}>
              <th scope="row" translate="no">
                <Link to={`/batches/${batch.id}/rows/${row.row}`}>{rowTitle(row)}</Link>
              </th>
              <td data-label={TEXTS.rowsPanel.result}>
                <RowOutcome row={row} />
              </td>
              <td data-label={TEXTS.rowsPanel.probability} className={ui.number} translate="no">
                {row.result && formatProbability(probabilityOf(row.result))}
              </td>
              <td data-label={TEXTS.rowsPanel.reason} className={ui.small}>
                <RowReasons row={row} />
              </td>
              <td data-label={TEXTS.rowsPanel.row} className={`${ui.number} ${ui.muted}`} translate="no">
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
  if (result === undefined)
    return <span>{error?.status === 'failed' ? TEXTS.rowsPanel.systemError : TEXTS.rowsPanel.invalid}</span>;
  if (result.outcome === 'indeterminate')
    return (
      <span>
        <ClassIcon name="indeterminate" /> {TEXTS.undecided}
      </span>
    );
  return (
    <span>
      <ClassIcon name={toneOf(result.predicted_class, result)} /> {TEXTS.likely(result.predicted_class)}
    </span>
  );
}

function RowReasons({ row: { result, error } }: { row: BatchRow }) {
  if (result === undefined) return <span>{error?.detail}</span>;
  const { reasons, missing_features: missing } = result;
  return (
    <span>
      {isUnusual(reasons) && <span className={`${ui.chip} ${ui.chipWarning}`}>{TEXTS.rowsPanel.unusual}</span>}{' '}
      {otherReasonLabels(reasons).join('; ')}
      {missing.length > 0 && ` ${TEXTS.notMeasured(missing.map(featureLabel))}`}
    </span>
  );
}
