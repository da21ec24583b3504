import { ApiError, type Batch, isBatchFinished } from '@cytoqueue/client';
import { Link, useParams } from 'react-router';
import { failureOf } from '../../api/clients';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { formatDateTime } from '../../ui/format';
import { usePageTitle } from '../../ui/page-title';
import { ModelContext } from '../../models/model-context';
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

export function BatchPage() {
  usePageTitle('Batch');
  const { id = '' } = useParams();
  const query = useBatch(id);
  const batch = query.data;
  const failure = failureOf(query);
  if (failure !== null) return <BatchError error={failure} onRetry={() => void query.refetch()} />;
  if (batch === undefined) return <Loading>Looking up the batch …</Loading>;
  // The choices and actions of another batch start afresh.
  return <BatchArticle key={batch.id} batch={batch} />;
}

function BatchArticle({ batch }: { batch: Batch }) {
  const classes = useBatchClasses(batch);
  return (
    <article className="page">
      <header className="page-head">
        <div>
          <p className="crumb small">
            <Link to="/batches">Batches</Link>
          </p>
          <h1>{batch.filename ?? 'Unnamed file'}</h1>
          <p className="small muted">Sent {formatDateTime(batch.created_at)} · not a medical device</p>
        </div>
        <p className={`state ${batch.status}`} role="status">
          {STATUS_LABELS[batch.status]}
        </p>
      </header>
      <ModelContext model={batch.model} operatingPoint={batch.operating_point} />
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
      <p className="small muted digest">
        SHA-256 of the uploaded file: <code>{batch.input_sha256}</code>
      </p>
    </>
  );
}

function BatchError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const status = error instanceof ApiError ? error.status : undefined;
  return (
    <div className="page narrow stack">
      <h1>{status === 404 ? 'No such batch' : status === 410 ? 'No longer kept' : 'The batch could not be shown'}</h1>
      {status === 404 && (
        <p>It may have been deleted, may belong to another laboratory, or the address may be incomplete.</p>
      )}
      {status === 410 && <p>Batches are kept for a limited time, and this one has passed it.</p>}
      {status !== 404 && status !== 410 && (
        <ErrorNotice error={error} what="The batch could not be loaded." onRetry={onRetry} />
      )}
      <p>
        <Link to="/batches">All batches</Link>
      </p>
    </div>
  );
}
