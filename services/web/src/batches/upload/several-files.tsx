import type { Batch, Preflight } from '@cytoqueue/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../../api/clients';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { formatBytes, formatCount, pluralize } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { BATCHES_KEY } from '../batch-queries';
import { checkFile } from './use-preflight';
import { useIdempotencyKeys, useWarningBeforeClosing } from './upload-safety';

interface SeveralFilesProps {
  files: readonly File[];
  selectionId: number;
}

/** Checks several files and scores those that can be accepted, one batch each, with the laboratory's settings. */
export function SeveralFiles({ files, selectionId }: SeveralFilesProps) {
  const checks = useChecks(files, selectionId);
  const [batches, setBatches] = useState<ReadonlyMap<File, Batch>>(new Map());
  const queryClient = useQueryClient();
  const keyOf = useIdempotencyKeys();
  const ready = files.filter((file) => isReady(checks.get(file)) && !batches.has(file));
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
    <Panel
      title={pluralize(files.length, 'file')}
      lead="Each file becomes a batch of its own, with your laboratory’s settings. To map columns or change settings, choose a file alone."
    >
      <ul className="downloads">
        {files.map((file, index) => (
          <li key={index}>
            <span>
              <strong translate="no">{file.name}</strong> <span className="small muted">{formatBytes(file.size)}</span>
            </span>
            <FileState check={checks.get(file)} batch={batches.get(file)} />
          </li>
        ))}
      </ul>
      {upload.isError && (
        <ErrorNotice error={upload.error} what="A file was not sent. Send the remaining ones again." />
      )}
      <div className="actions">
        <Button
          variant="primary"
          isPending={upload.isPending}
          isDisabled={ready.length === 0}
          onPress={() => upload.mutate()}
        >
          {upload.isPending ? 'Uploading …' : `Score ${pluralize(ready.length, 'file')}`}
        </Button>
      </div>
    </Panel>
  );
}

/** undefined while it is being checked. */
type Check = Preflight | Error | undefined;

function isReady(check: Check): boolean {
  return check !== undefined && !(check instanceof Error) && check.accepted && check.rows.valid > 0;
}

/** One check after the other, so that the service is not asked for all at once. */
function useChecks(files: readonly File[], selectionId: number): ReadonlyMap<File, Check> {
  const [checks, setChecks] = useState<ReadonlyMap<File, Check>>(new Map());
  useQuery({
    queryKey: ['preflight-files', selectionId],
    queryFn: async ({ signal }) => {
      for (const file of files) {
        const check = await checkFile(file, 'sample', { signal }).catch((error: unknown) => error as Error);
        signal.throwIfAborted();
        setChecks((before) => new Map(before).set(file, check));
      }
      return true;
    },
    retry: false,
    staleTime: Infinity,
  });
  return checks;
}

function FileState({ check, batch }: { check: Check; batch: Batch | undefined }) {
  if (batch !== undefined) return <Link to={`/batches/${batch.id}`}>Open the batch</Link>;
  if (check === undefined) return <span className="muted">Checking …</span>;
  if (check instanceof Error) return <span className="field-error">{check.message}</span>;
  if (!check.accepted) return <span className="field-error">{check.problems[0]?.detail ?? 'Cannot be accepted.'}</span>;
  const { valid, rejected } = check.rows;
  const isUnlike = check.drift.verdict === 'unlike_training';
  return (
    <span>
      {`${pluralize(valid, 'row')} to score${rejected > 0 ? `, ${formatCount(rejected)} invalid` : ''}`}
      {isUnlike && <strong className="chip error">Unlike the training data: check it alone</strong>}
    </span>
  );
}
