import { type BatchSettings, type Preflight, type UploadProgress, mayHaveSucceeded } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/notice';
import { formatBytes } from '../../ui/format';
import { BATCHES_KEY } from '../../api/first-queries';
import { batchKey } from '../batch-queries';
import { PreflightReport } from './preflight-report';
import { UploadErrorNotice } from '../upload-error-notice';
import { BatchSettingsForm } from './batch-settings-form';
import { SheetChoice, needsSheet } from './sheet-choice';
import { useIdempotencyKeys, useWarningBeforeClosing } from './upload-safety';
import { UploadProgressBar } from './upload-progress-bar';
import { type PreflightCheck, usePreflight } from './use-preflight';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

const DEFAULT_SETTINGS: BatchSettings = { onError: 'continue', missing: 'partial' };

interface UploadFormProps {
  file: File;
  /** Unique for each choice of files. */
  selectionId: string;
}

export function UploadForm({ file, selectionId }: UploadFormProps) {
  const [settings, setSettings] = useState<BatchSettings>(DEFAULT_SETTINGS);
  const [profileRevision, setProfileRevision] = useState(0);
  const [hasUnsavedChoices, setHasUnsavedChoices] = useState(false);
  const check = usePreflight(file, selectionId, settings, profileRevision);
  const upload = useUpload(file);
  const report = check.data;
  return (
    <div className={ui.stack}>
      <BatchSettingsForm settings={settings} onChange={setSettings} />
      {check.isFetching && (
        <UploadProgressBar
          label={check.scope === 'full' ? TEXTS.uploadForm.checkingFile : TEXTS.uploadForm.checkingStart}
          progress={check.progress}
        />
      )}
      {check.error !== null && (
        <UploadErrorNotice error={check.error} what={TEXTS.notAcceptable} onRetry={check.refetch} />
      )}
      {needsSheet(check.error) && (
        <SheetChoice error={check.error} onChoose={(sheet) => setSettings({ ...settings, sheet })} />
      )}
      {report !== undefined && (
        <PreflightReport
          report={report}
          scope={check.scope}
          fileBytes={file.size}
          settings={settings}
          onProfileSaved={(profile) => {
            setSettings({ ...settings, profile });
            setProfileRevision((revision) => revision + 1);
          }}
          onUnsavedChoices={setHasUnsavedChoices}
        >
          {check.scope === 'sample' && <CheckFullFile check={check} file={file} />}
          {upload.isError && <UploadErrorNotice error={upload.error} what={rejectionMessage(upload.error)} />}
          {upload.isPending && (
            <UploadProgressBar label={TEXTS.uploadForm.uploading} progress={upload.progress} onCancel={upload.cancel} />
          )}
          {!upload.isPending && !check.isFetching && (
            <UploadButton
              report={report}
              scope={check.scope}
              hasUnsavedChoices={hasUnsavedChoices}
              onUpload={() => upload.send(settings)}
            />
          )}
        </PreflightReport>
      )}
    </div>
  );
}

function rejectionMessage(error: unknown): string {
  if (mayHaveSucceeded(error)) return TEXTS.uploadForm.acceptanceUnknown;
  return TEXTS.uploadForm.notAccepted;
}

function CheckFullFile({ check, file }: { check: PreflightCheck; file: File }) {
  return (
    <Notice tone="info">
      <p>{TEXTS.uploadForm.isLarge(formatBytes(check.bytes))}</p>
      <Button onPress={check.checkFullFile}>{TEXTS.uploadForm.checkAll(formatBytes(file.size))}</Button>
    </Notice>
  );
}

function UploadButton({
  report,
  scope,
  hasUnsavedChoices,
  onUpload,
}: {
  report: Preflight;
  scope: PreflightCheck['scope'];
  /** Columns were chosen with which the file has not been checked; sending it now would ignore them. */
  hasUnsavedChoices: boolean;
  onUpload: () => void;
}) {
  const isKnown = scope === 'full';
  const valid = report.rows?.valid ?? 0;
  const nothing = isKnown && valid === 0;
  return (
    <div className={ui.actions}>
      <Button variant="primary" isDisabled={nothing || hasUnsavedChoices} onPress={onUpload}>
        {isKnown ? TEXTS.uploadForm.scoreRows(valid) : TEXTS.uploadForm.uploadAndScore}
      </Button>
      {nothing && <p>{TEXTS.uploadForm.nothingToScore}</p>}
      {hasUnsavedChoices && <p>{TEXTS.uploadForm.unsavedChoices}</p>}
    </div>
  );
}

function useUpload(file: File) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [progress, setProgress] = useState<UploadProgress>();
  const [abortController, setStop] = useState<AbortController>();
  const keyOf = useIdempotencyKeys();
  const mutation = useMutation({
    mutationFn: (settings: BatchSettings) => {
      const controller = new AbortController();
      setStop(controller);
      return client.uploadBatch(file, {
        ...settings,
        idempotencyKey: keyOf(settings),
        filename: file.name,
        onProgress: setProgress,
        signal: controller.signal,
      });
    },
    onSuccess: (batch) => {
      queryClient.setQueryData(batchKey(batch.id), batch);
      void queryClient.invalidateQueries({ queryKey: BATCHES_KEY });
    },
  });
  useWarningBeforeClosing(mutation.isPending);
  const isCanceled = abortController?.signal.aborted === true;
  return {
    ...mutation,
    /** Opens the batch, unless another page has been opened meanwhile. */
    send: (settings: BatchSettings) =>
      mutation.mutate(settings, { onSuccess: (batch) => void navigate(`/batches/${batch.id}`) }),
    isError: mutation.isError && !isCanceled,
    progress,
    cancel: () => abortController?.abort(new DOMException('canceled', 'AbortError')),
  };
}
