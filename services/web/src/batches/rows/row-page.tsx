import { ApiError, type Batch, type BatchRow, type ModelVersion } from '@cytoqueue/client';
import { Link, useParams } from 'react-router';
import { blockingErrorOf } from '../../api/clients';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { formatCount } from '../../ui/format';
import { Loading } from '../../ui/loading';
import { usePageTitle } from '../../ui/page-title';
import { Panel } from '../../ui/panel';
import { ModelSummary } from '../../models/model-summary';
import { useModelVersion } from '../../models/model-queries';
import { PrintIdentity, PrintSignature } from '../../predictions/result/print-parts';
import { isUnusual, reasonLabel } from '../../predictions/result/reason-labels';
import { Verdict } from '../../predictions/result/verdict';
import { ValuesList } from '../../predictions/result/values-list';
import { ReviewsPanel } from '../../reviews/reviews-panel';
import { useBatch } from '../batch-queries';
import { featureLabel } from '../drift-labels';
import { RowEvidence } from './row-evidence';
import { rowTitle } from './row-labels';
import { useBatchRow, useNextUndecidedRow } from './row-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** One row of a batch: its values, its result, the evidence and its reviews. */
export function RowPage() {
  usePageTitle(TEXTS.rowPage.title);
  const { id = '', row: text = '' } = useParams();
  const row = Number(text);
  const batchQuery = useBatch(id);
  const batch = batchQuery.data;
  const rowQuery = useBatchRow(id, batch && (batch.completed_at ?? ''), row);
  const versionQuery = useVersionOf(batch);
  const failed = [batchQuery, rowQuery, versionQuery].find((query) => blockingErrorOf(query) !== null);
  if (failed !== undefined) {
    const isUnknown = failed !== versionQuery && failed.error instanceof ApiError && failed.error.status === 404;
    return <RowError id={id} error={failed.error} isUnknown={isUnknown} onRetry={() => void failed.refetch()} />;
  }
  const { data } = rowQuery;
  const { data: version } = versionQuery;
  if (batch === undefined || data === undefined || version === undefined) return <Loading />;
  return (
    <article className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <p className={ui.crumb}>
            <Link to="/batches">{TEXTS.rowPage.batches}</Link> /{' '}
            <Link to={`/batches/${id}`}>{batch.filename ?? TEXTS.rowPage.unnamed}</Link>
          </p>
          <h1 translate="no">{rowTitle(data)}</h1>
          <p className={ui.note}>{TEXTS.rowPage.place(formatCount(row))}</p>
          <PrintIdentity
            reference={rowTitle(data)}
            subject={TEXTS.rowPage.printed(batch.filename ?? TEXTS.rowPage.unnamed, id, row)}
          />
        </div>
        <div className={`${ui.actions} ${ui.noPrint}`}>
          <Button onPress={() => window.print()}>{TEXTS.rowPage.print}</Button>
        </div>
      </header>
      <ModelSummary model={batch.model} operatingPoint={batch.operating_point} />
      <RowResult batch={batch} row={data} version={version} />
      {/* On paper the table of the nearest cases has them. */}
      <Panel title={TEXTS.rowPage.values} className={hasResult(data) ? ui.noPrint : ''}>
        <ValuesList values={data.features} features={version.features} />
      </Panel>
      {hasResult(data) && (
        <RowEvidence batch={batch} row={data} version={version} threshold={thresholdOf(batch, version)} />
      )}
      {data.result !== undefined && (
        // The form of another row, or of the same row of another batch, starts empty.
        <ReviewsPanel key={`${id}/${row}`} reviewed={{ batch_id: id, row }} labels={version.labels}>
          <NextRow batch={batch} row={row} />
        </ReviewsPanel>
      )}
      <PrintSignature />
    </article>
  );
}

function hasResult(row: BatchRow): row is BatchRow & Required<Pick<BatchRow, 'result'>> {
  return row.result !== undefined;
}

function thresholdOf(batch: Batch, version: ModelVersion): number {
  return version.operating_points[batch.operating_point ?? 'default'] ?? 0.5;
}

function useVersionOf(batch: Batch | undefined) {
  return useModelVersion(batch?.model.name ?? '', batch?.model.version ?? '', batch !== undefined);
}

function RowResult({ batch, row: { result, error }, version }: { batch: Batch; row: BatchRow; version: ModelVersion }) {
  if (result === undefined)
    return (
      <Panel title={error?.status === 'failed' ? TEXTS.rowPage.systemError : TEXTS.rowPage.invalid}>
        <p>{error?.detail}</p>
      </Panel>
    );
  return (
    <Verdict result={result} threshold={thresholdOf(batch, version)} range={null}>
      {result.outcome === 'indeterminate' && (
        <>
          <p>{isUnusual(result.reasons) ? TEXTS.rowPage.unusual : TEXTS.rowPage.favours(result.predicted_class)}</p>
          <ul className={ui.bullets}>
            {result.reasons.map((reason) => (
              <li key={reason}>{reasonLabel(reason)}</li>
            ))}
          </ul>
        </>
      )}
      {result.missing_features.length > 0 && (
        <p>{`${TEXTS.notMeasured(result.missing_features.map(featureLabel))}.`}</p>
      )}
      <p className={ui.small}>{TEXTS.rowPage.noDiagnosis}</p>
    </Verdict>
  );
}

function NextRow({ batch: { id, completed_at }, row }: { batch: Batch; row: number }) {
  const { data: next } = useNextUndecidedRow(id, completed_at ?? '', row);
  if (next === undefined) return null;
  return (
    <p>
      {next === null ? (
        <Link to={`/batches/${id}`}>{TEXTS.rowPage.noneFollows}</Link>
      ) : (
        <Link to={`/batches/${id}/rows/${next}`}>{TEXTS.rowPage.next(formatCount(next))}</Link>
      )}
    </p>
  );
}

interface RowErrorProps {
  id: string;
  error: unknown;
  /** There is no such row or batch. */
  isUnknown: boolean;
  onRetry: () => void;
}

function RowError({ id, error, isUnknown, onRetry }: RowErrorProps) {
  return (
    <div className={`${ui.page} ${ui.narrow} ${ui.stack}`}>
      <h1>{isUnknown ? TEXTS.rowPage.unknown : TEXTS.rowPage.failed}</h1>
      {!isUnknown && <ErrorNotice error={error} what={TEXTS.rowPage.loadFailed} onRetry={onRetry} />}
      <p>
        <Link to={`/batches/${id}`}>{TEXTS.rowPage.back}</Link>
      </p>
    </div>
  );
}
