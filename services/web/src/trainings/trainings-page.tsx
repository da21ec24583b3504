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
import { TRAININGS_KEY } from './training-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

const PAGE_SIZE = 20;
const POLL_INTERVAL_MS = 3_000;

export function TrainingsPage() {
  usePageTitle(TEXTS.trainings);
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
    <div className={ui.page}>
      <header className={ui.pageHead}>
        <h1>{TEXTS.trainings}</h1>
        <div className={ui.actions}>
          <Link to="/trainings/new" className={`${ui.button} ${ui.primary}`}>
            {TEXTS.trainingsPage.new}
          </Link>
        </div>
      </header>
      <p className={ui.lead}>{TEXTS.trainingsPage.lead}</p>
      {query.isError && (
        <ErrorNotice error={query.error} what={TEXTS.trainingsPage.loadFailed} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && trainings.length === 0 && !query.hasNextPage && (
        <p className={ui.empty}>
          {TEXTS.trainingsPage.empty((text) => (
            <Link to="/trainings/new">{text}</Link>
          ))}
        </p>
      )}
      {trainings.length > 0 && <TrainingTable trainings={trainings} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {TEXTS.trainingsPage.showOlder}
        </Button>
      )}
    </div>
  );
}

function TrainingTable({ trainings }: { trainings: readonly Training[] }) {
  return (
    <DataTable
      label={TEXTS.trainings}
      rows={trainings}
      rowKey={({ id }) => id}
      columns={[
        {
          title: TEXTS.trainingsPage.model,
          isVerbatim: true,
          cell: ({ id, name }) => <Link to={`/trainings/${id}`}>{`own/${name}`}</Link>,
        },
        { title: TEXTS.trainingsPage.file, isVerbatim: true, cell: ({ filename }) => filename ?? TEXTS.unnamed },
        {
          title: TEXTS.trainingsPage.state,
          cell: (training) =>
            isTrainingFinished(training)
              ? TEXTS.status[training.status]
              : TEXTS.trainingsPage.inProgress(TEXTS.status[training.status], Math.floor(training.progress * 100)),
        },
        {
          title: TEXTS.trainingsPage.version,
          isVerbatim: true,
          cell: ({ model }) => (model === null ? '–' : <VersionLink model={model} />),
        },
        { title: TEXTS.trainingsPage.sent, cell: ({ created_at: at }) => formatDateTime(at) },
      ]}
    />
  );
}

/** @param model `own/NAME@VERSION` */
function VersionLink({ model }: { model: string }) {
  const { name, version } = parseModelReference(model);
  return <Link to={modelAddress(name, version)}>{modelLabel(model)}</Link>;
}
