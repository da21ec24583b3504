import { type BatchSettings, type Preflight, type UploadProgress, isOutcomeUnknown, randomKey } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../api';
import { Button } from '../design/button';
import { Notice } from '../design/notice';
import { countOf, formatBytes } from '../design/numbers';
import { batchKey, BATCHES_KEY } from './batch-queries';
import { PreflightReport } from './preflight-report';
import { Problems } from './problems';
import { Settings } from './settings';
import { UploadBar } from './upload-bar';
import { type Check, usePreflight } from './use-preflight';

const INITIAL: BatchSettings = { onError: 'continue', missing: 'partial', operatingPoint: 'default' };

interface CheckAndSendProps {
  file: File;
  /** Which choice of a file this is. */
  number: number;
}

export function CheckAndSend({ file, number }: CheckAndSendProps) {
  const [settings, setSettings] = useState<BatchSettings>(INITIAL);
  const check = usePreflight(file, number, settings);
  const send = useSend(file);
  const report = check.data;
  return (
    <div className="stack">
      <Settings settings={settings} onChange={setSettings} />
      {check.isFetching && <UploadBar label={check.covers === 'whole' ? 'Checking the file' : 'Checking the beginning of the file'} progress={check.progress} />}
      {check.error !== null && <Problems error={check.error} what="The file cannot be used as it is." onRetry={check.refetch} />}
      {report !== undefined && (
        <PreflightReport report={report} covers={check.covers} fileBytes={file.size}>
          {check.covers === 'start' && <CheckWhole check={check} file={file} />}
          {send.isError && <Problems error={send.error} what={describeRefusal(send.error)} />}
          {send.isPending && <UploadBar label="Uploading" progress={send.progress} onCancel={send.cancel} />}
          {!send.isPending && !check.isFetching && <SendButton report={report} covers={check.covers} onSend={() => send.mutate(settings)} />}
        </PreflightReport>
      )}
    </div>
  );
}

function describeRefusal(error: unknown): string {
  if (isOutcomeUnknown(error)) return 'The file may have been accepted all the same. Send it again from here: it is not scored twice.';
  return 'The file was not accepted. Nothing of it is kept.';
}

function CheckWhole({ check, file }: { check: Check; file: File }) {
  return (
    <Notice tone="info">
      <p>
        The file is large, so only its first {formatBytes(check.bytes)} were checked. The whole file can be checked too; it is then sent once for the
        check and once more to be scored.
      </p>
      <Button onPress={check.checkWhole}>Check all {formatBytes(file.size)}</Button>
    </Notice>
  );
}

function SendButton({ report, covers, onSend }: { report: Preflight; covers: Check['covers']; onSend: () => void }) {
  const isKnown = covers === 'whole';
  const nothing = isKnown && report.rows.valid === 0;
  return (
    <div className="actions">
      <Button variant="primary" isDisabled={nothing} onPress={onSend}>{isKnown ? `Score ${countOf(report.rows.valid, 'row')}` : 'Upload and score'}</Button>
      {nothing && <p>No row of this file can be scored.</p>}
    </div>
  );
}

function useSend(file: File) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [progress, setProgress] = useState<UploadProgress>();
  const [stop, setStop] = useState<AbortController>();
  const keyOf = useSettingsKey();
  const mutation = useMutation({
    mutationFn: (settings: BatchSettings) => {
      const controller = new AbortController();
      setStop(controller);
      return client.uploadBatch(file, { ...settings, idempotencyKey: keyOf(settings), filename: file.name, onProgress: setProgress, signal: controller.signal });
    },
    onSuccess: async (batch) => {
      queryClient.setQueryData(batchKey(batch.id), batch);
      void queryClient.invalidateQueries({ queryKey: BATCHES_KEY });
      await navigate(`/batches/${batch.id}`);
    },
  });
  const isCanceled = stop?.signal.aborted === true;
  return { ...mutation, isError: mutation.isError && !isCanceled, progress, cancel: () => stop?.abort(new DOMException('canceled', 'AbortError')) };
}

/** The same idempotency key until the settings change, so that a file sent again after a lost answer is one batch. */
function useSettingsKey(): (settings: BatchSettings) => string {
  const last = useRef<{ settings: BatchSettings; key: string }>(undefined);
  return (settings) => {
    if (last.current?.settings !== settings) last.current = { settings, key: randomKey() };
    return last.current.key;
  };
}
