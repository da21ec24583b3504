import { ApiError, type Batch, isBatchFinished } from '@cytoqueue/client';
import { Link, useParams } from 'react-router';
import { blockingErrorOf } from '../../api/clients';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { formatDateTime } from '../../ui/format';
import { usePageTitle } from '../../ui/page-title';
import { ModelSummary } from '../../models/model-summary';
import { BatchActions } from './batch-actions';
import { BatchProgress } from './batch-progress';
import { type BatchClasses, useBatch, useBatchClasses } from '../batch-queries';
import { STATUS_LABELS } from '../batch-labels';
import { AgreementPanel } from './agreement-panel';
import { DownloadsPanel } from './downloads-panel';
import { DriftBanner } from '../drift-banner';
import { DriftView } from '../drift-view';
import { ImportPanel } from '../import/import-panel';
import { WarningsPanel } from '../import/warnings-panel';
import { RowsPanel } from '../rows/rows-panel';
import { ErrorsPanel } from './errors-panel';
import { PreviewPanel } from './preview-panel';
import { ProbabilityHistogram } from './probability-histogram';
import { ResultsSummary } from './results-summary';
import { RescorePanel } from './rescore-panel';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import { StateLabel } from '../../ui/state-label';

export function BatchPage() {
  usePageTitle(TEXTS.batchPage.title);
  const { id = '' } = useParams();
  const query = useBatch(id);
  const batch = query.data;
  const failure = blockingErrorOf(query);
  if (failure !== null) return <BatchError error={failure} onRetry={() => void query.refetch()} />;
  if (batch === undefined) return <Loading>{TEXTS.batchPage.lookingUp}</Loading>;
  // The choices and actions of another batch start afresh.
  return <BatchArticle key={batch.id} batch={batch} />;
}

function BatchArticle({ batch }: { batch: Batch }) {
  const classes = useBatchClasses(batch);
  return (
    <article className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <p className={ui.crumb}>
            <Link to="/batches">{TEXTS.batchPage.batches}</Link>
          </p>
          <h1>{batch.filename ?? TEXTS.batchPage.unnamed}</h1>
          <p className={ui.note}>{TEXTS.batchPage.sent(formatDateTime(batch.created_at))}</p>
        </div>
        <StateLabel state={batch.status}>{STATUS_LABELS[batch.status]}</StateLabel>
      </header>
      <ModelSummary model={batch.model} operatingPoint={batch.operating_point} />
      {batch.drift !== undefined && <DriftBanner drift={batch.drift} isScored />}
      <BatchActions batch={batch} />
      {!isBatchFinished(batch) && <BatchProgress batch={batch} />}
      <ResultsSummary batch={batch} classes={classes} />
      {isBatchFinished(batch) && <FinishedBatch batch={batch} classes={classes} />}
    </article>
  );
}

function FinishedBatch({ batch, classes }: { batch: Batch; classes: BatchClasses | undefined }) {
  const { counts, summary, status, rescores } = batch;
  const hasResults = status === 'succeeded' || status === 'completed_with_errors';
  const histogram = summary.probability_histogram;
  const hasErrorsFile = counts.rejected + counts.failed > 0 && status !== 'canceled';
  return (
    <>
      {hasResults && counts.succeeded > 0 && <RowsPanel batch={batch} classes={classes} />}
      {histogram?.some((rows) => rows > 0) && classes !== undefined && (
        <ProbabilityHistogram histogram={histogram} classes={classes} />
      )}
      {batch.agreement !== undefined && classes !== undefined && (
        <AgreementPanel agreement={batch.agreement} classes={classes} />
      )}
      {(hasResults || hasErrorsFile) && <DownloadsPanel batch={batch} />}
      <WarningsPanel warnings={batch.warnings ?? []} total={batch.warnings_total ?? 0} />
      {rescores !== undefined && hasResults && <PreviewPanel batch={batch} />}
      {hasErrorsFile && <ErrorsPanel batch={batch} />}
      {summary.drift !== undefined && <DriftView drift={summary.drift} />}
      {hasResults && <RescorePanel batch={batch} />}
      {batch.import !== undefined && <ImportPanel report={batch.import} />}
      <p className={`${ui.note} ${ui.digest}`}>
        {TEXTS.batchPage.digest} <code>{batch.input_sha256}</code>
      </p>
    </>
  );
}

function BatchError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const status = error instanceof ApiError ? error.status : undefined;
  return (
    <div className={`${ui.page} ${ui.narrow} ${ui.stack}`}>
      <h1>
        {status === 404 ? TEXTS.batchPage.unknown : status === 410 ? TEXTS.batchPage.expired : TEXTS.batchPage.failed}
      </h1>
      {status === 404 && <p>{TEXTS.batchPage.unknownText}</p>}
      {status === 410 && <p>{TEXTS.batchPage.expiredText}</p>}
      {status !== 404 && status !== 410 && (
        <ErrorNotice error={error} what={TEXTS.batchPage.loadFailed} onRetry={onRetry} />
      )}
      <p>
        <Link to="/batches">{TEXTS.batchPage.all}</Link>
      </p>
    </div>
  );
}
