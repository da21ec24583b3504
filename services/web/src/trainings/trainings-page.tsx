import { type Training, isTrainingFinished } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { noRetryClient } from '../api/clients';
import { modelAddress, modelLabel, parseModelReference } from '../models/model-reference';
import { Button } from '../ui/button';
import { DataTable } from '../ui/data-table';
import { ErrorNotice } from '../ui/error-notice';
import { formatDateTime } from '../ui/format';
import { Loading } from '../ui/loading';
import { usePageTitle } from '../ui/page-title';
import { STATUS_LABELS } from './training-labels';
import { TRAININGS_KEY } from './training-queries';

const PAGE_SIZE = 20;
const POLL_INTERVAL_MS = 3_000;

export function TrainingsPage() {
  usePageTitle('Trainings');
  const query = useInfiniteQuery({
    queryKey: TRAININGS_KEY,
    queryFn: ({ pageParam, signal }) =>
      noRetryClient.listTrainings({ limit: PAGE_SIZE, ...(pageParam === '' ? {} : { after: pageParam }), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some((training) => !isTrainingFinished(training)))
        ? POLL_INTERVAL_MS
        : false,
  });
  const trainings = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className="page">
      <header className="page-head">
        <h1>Trainings</h1>
        <div className="actions">
          <Link to="/trainings/new" className="button primary">
            Train a model
          </Link>
        </div>
      </header>
      <p className="lead">
        Train a model on cases of your own laboratory whose diagnosis is known. Only your laboratory can see the model
        and score with it, and nothing uses it until you say so.
      </p>
      {query.isError && (
        <ErrorNotice
          error={query.error}
          what="The trainings could not be loaded."
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && trainings.length === 0 && !query.hasNextPage && (
        <p className="empty">
          No model has been trained yet. <Link to="/trainings/new">Train the first one</Link>: it needs a file with one
          case a row and a column with the known diagnosis.
        </p>
      )}
      {trainings.length > 0 && <TrainingTable trainings={trainings} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show older trainings
        </Button>
      )}
    </div>
  );
}

function TrainingTable({ trainings }: { trainings: readonly Training[] }) {
  return (
    <DataTable
      label="Trainings"
      rows={trainings}
      rowKey={({ id }) => id}
      columns={[
        {
          title: 'Model',
          isVerbatim: true,
          cell: ({ id, name }) => <Link to={`/trainings/${id}`}>{`own/${name}`}</Link>,
        },
        { title: 'File', isVerbatim: true, cell: ({ filename }) => filename ?? 'unnamed' },
        {
          title: 'State',
          cell: (training) =>
            `${STATUS_LABELS[training.status]}${
              isTrainingFinished(training) ? '' : ` (${Math.floor(training.progress * 100)}\u00a0%)`
            }`,
        },
        {
          title: 'Version',
          isVerbatim: true,
          cell: ({ model }) => (model === null ? '–' : <VersionLink model={model} />),
        },
        { title: 'Sent', cell: ({ created_at: at }) => formatDateTime(at) },
      ]}
    />
  );
}

/** @param model `own/NAME@VERSION` */
function VersionLink({ model }: { model: string }) {
  const { name, version } = parseModelReference(model);
  return <Link to={modelAddress(name, version)}>{modelLabel(model)}</Link>;
}
