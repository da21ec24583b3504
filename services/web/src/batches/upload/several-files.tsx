import type { Batch, Preflight } from '@cytoqueue/client';
import { type UseQueryResult, useMutation, useQueries, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import { client, errorMessage } from '../../api/clients';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { formatBytes } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { BATCHES_KEY } from '../../api/first-queries';
import { checkFile } from './use-preflight';
import { useIdempotencyKeys, useWarningBeforeClosing } from './upload-safety';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import batchStyles from '../batches.module.css';

interface SeveralFilesProps {
  files: readonly File[];
  selectionId: string;
}

/** Checks several files and scores those that can be accepted, one batch each, with the laboratory's settings. */
export function SeveralFiles({ files, selectionId }: SeveralFilesProps) {
  const checks = useChecks(files, selectionId);
  const [batches, setBatches] = useState<ReadonlyMap<File, Batch>>(new Map());
  const queryClient = useQueryClient();
  const keyOf = useIdempotencyKeys();
  const ready = files.filter((file, index) => isReady(checks[index]?.data) && !batches.has(file));
  const upload = useMutation({
    // One after the other: a laboratory has few uploads at once.
    mutationFn: async () => {
      for (const file of ready) {
        const batch = await client.uploadBatch(file, { filename: file.name, idempotencyKey: keyOf(file) });
        setBatches((before) => new Map(before).set(file, batch));
      }
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: BATCHES_KEY }),
  });
  useWarningBeforeClosing(upload.isPending);
  return (
    <Panel title={TEXTS.severalFiles.title(files.length)} lead={TEXTS.severalFiles.lead}>
      <ul className={batchStyles.downloads}>
        {files.map((file, index) => (
          <li key={index}>
            <span>
              <strong translate="no">{file.name}</strong> <span className={ui.note}>{formatBytes(file.size)}</span>
            </span>
            <FileState check={checks[index]} batch={batches.get(file)} />
          </li>
        ))}
      </ul>
      {upload.isError && <ErrorNotice error={upload.error} what={TEXTS.severalFiles.failed} />}
      <div className={ui.actions}>
        <Button
          variant="primary"
          isPending={upload.isPending}
          isDisabled={ready.length === 0}
          onPress={() => upload.mutate()}
        >
          {upload.isPending ? TEXTS.severalFiles.uploading : TEXTS.severalFiles.submit(ready.length)}
        </Button>
      </div>
    </Panel>
  );
}

function isReady(report: Preflight | undefined): boolean {
  return report !== undefined && report.accepted && (report.rows?.valid ?? 0) > 0 && !isUnlikeTraining(report);
}

function isUnlikeTraining({ drift }: Preflight): boolean {
  return drift.verdict === 'unlike_training';
}

/** One check after the other, so that the service is not asked for all at once. */
function useChecks(files: readonly File[], selectionId: string): readonly UseQueryResult<Preflight>[] {
  const previous = useRef<Promise<unknown>>(Promise.resolve());
  return useQueries({
    queries: files.map((file, index) => ({
      queryKey: ['preflight-files', selectionId, index],
      queryFn: ({ signal }) => {
        const check = previous.current.then(() => {
          signal.throwIfAborted();
          return checkFile(file, 'sample', { signal });
        });
        previous.current = check.catch(() => undefined);
        return check;
      },
      // The client has retried already.
      retry: false,
      staleTime: Infinity,
    })),
  });
}

function FileState({ check, batch }: { check: UseQueryResult<Preflight> | undefined; batch: Batch | undefined }) {
  if (batch !== undefined) return <Link to={`/batches/${batch.id}`}>{TEXTS.severalFiles.open}</Link>;
  if (check?.isError) return <span className={ui.fieldError}>{errorMessage(check.error)}</span>;
  const report = check?.data;
  if (report === undefined) return <span className={ui.muted}>{TEXTS.severalFiles.checking}</span>;
  if (!report.accepted || report.rows === null)
    return <span className={ui.fieldError}>{report.problems[0]?.detail ?? TEXTS.severalFiles.refused}</span>;
  const { valid, rejected } = report.rows;
  return (
    <span>
      {TEXTS.severalFiles.rows(valid, rejected)}
      {isUnlikeTraining(report) && (
        <strong className={`${ui.chip} ${ui.chipError}`}>{TEXTS.severalFiles.unlike}</strong>
      )}
    </span>
  );
}
