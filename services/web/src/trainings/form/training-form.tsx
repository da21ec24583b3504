import { mayHaveSucceeded, randomHex, type UploadProgress } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { UploadErrorNotice } from '../../batches/upload-error-notice';
import { UploadProgressBar } from '../../batches/upload/upload-progress-bar';
import { useWarningBeforeClosing } from '../../batches/upload/upload-safety';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { SelectField } from '../../ui/select-field';
import { TextField } from '../../ui/text-field';
import { SCHEMA_LABELS, schemaLabel } from '../training-labels';
import { TRAININGS_KEY, trainingKey } from '../training-queries';
import { ClassesPanel } from './classes-panel';
import { ColumnField } from './column-field';
import { FeaturesPanel } from './features-panel';
import type { TableStart } from './table-start';
import { EMPTY_DRAFT, type TrainingDraft, openQuestion, readFacts, toRequest } from './training-draft';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface TrainingFormProps {
  file: File;
  /** null for a file whose columns cannot be read in the browser. */
  table: TableStart | null;
}

export function TrainingForm({ file, table }: TrainingFormProps) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const training = useCreateTraining(file);
  const change = (part: Partial<TrainingDraft>): void => {
    training.renew();
    setDraft({ ...draft, ...part });
  };
  const { schema, label, missing } = draft;
  const facts = useMemo(
    () => (schema === 'own' && table !== null ? readFacts(table, { label, missing }) : null),
    [table, schema, label, missing],
  );
  const open = openQuestion(draft, facts);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (open === undefined && !training.isPending) training.send(toRequest(draft, facts));
  };
  const columns = table?.columns;
  return (
    <form className={ui.stack} onSubmit={submit}>
      <Panel title={TEXTS.trainingForm.title}>
        <div className={`${ui.fields} ${ui.wideFields}`}>
          <TextField
            label={TEXTS.trainingForm.name}
            description={TEXTS.trainingForm.nameHelp}
            value={draft.name}
            onChange={(name) => change({ name })}
            maxLength={64}
            autoComplete="off"
          />
          <SelectField
            label={TEXTS.trainingForm.schema}
            value={schema}
            onChange={(chosen) => change({ schema: chosen })}
          >
            <option value="">{TEXTS.choose}</option>
            {Object.entries(SCHEMA_LABELS).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
            <option value="own">{schemaLabel('own')}</option>
          </SelectField>
          <ColumnField
            label={TEXTS.trainingForm.label}
            columns={columns}
            emptyOption={TEXTS.choose}
            value={label}
            onChange={(column) => change({ label: column, classNames: {}, positive: '' })}
          />
          <ColumnField
            label={TEXTS.trainingForm.group}
            description={TEXTS.trainingForm.groupHelp}
            columns={columns}
            emptyOption={TEXTS.trainingForm.noGroup}
            value={draft.group}
            onChange={(group) => change({ group })}
          />
        </div>
      </Panel>
      {schema === 'own' &&
        (facts === null ? (
          <Notice tone="info">{TEXTS.trainingForm.notListed}</Notice>
        ) : (
          <>
            <FeaturesPanel draft={draft} facts={facts} isComplete={table?.isComplete === true} onChange={change} />
            <ClassesPanel draft={draft} facts={facts} onChange={change} />
          </>
        ))}
      <details className={`${ui.panel} ${ui.fold}`}>
        <summary>{TEXTS.trainingForm.options}</summary>
        <div className={`${ui.fields} ${ui.wideFields}`}>
          <TextField
            label={TEXTS.trainingForm.seed}
            description={TEXTS.trainingForm.seedHelp}
            value={draft.seed}
            onChange={(seed) => change({ seed: seed.trim() })}
            inputMode="numeric"
            maxLength={9}
            autoComplete="off"
          />
        </div>
      </details>
      {training.isError && <UploadErrorNotice error={training.error} what={refusalText(training.error)} />}
      {training.isPending && (
        <UploadProgressBar
          label={TEXTS.trainingForm.uploading}
          progress={training.progress}
          onCancel={training.cancel}
        />
      )}
      {!training.isPending && (
        <div className={ui.actions}>
          <Button type="submit" variant="primary" isDisabled={open !== undefined}>
            {TEXTS.trainingForm.submit}
          </Button>
          {open !== undefined && <p className={ui.small}>{open}</p>}
        </div>
      )}
    </form>
  );
}

function refusalText(error: unknown): string {
  return mayHaveSucceeded(error) ? TEXTS.trainingForm.acceptanceUnknown : TEXTS.trainingForm.notStarted;
}

function useCreateTraining(file: File) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [progress, setProgress] = useState<UploadProgress>();
  const [abortController, setStop] = useState<AbortController>();
  // A changed request must not be sent with the key of one whose response was lost.
  const idempotencyKey = useRef(randomHex());
  const mutation = useMutation({
    mutationFn: (request: ReturnType<typeof toRequest>) => {
      const controller = new AbortController();
      setStop(controller);
      return client.createTraining(file, {
        ...request,
        filename: file.name,
        idempotencyKey: idempotencyKey.current,
        onProgress: setProgress,
        signal: controller.signal,
      });
    },
    onSuccess: (training) => {
      queryClient.setQueryData(trainingKey(training.id), training);
      void queryClient.invalidateQueries({ queryKey: TRAININGS_KEY });
    },
  });
  useWarningBeforeClosing(mutation.isPending);
  const isCanceled = abortController?.signal.aborted === true;
  return {
    ...mutation,
    /** Opens the training, unless another page has been opened meanwhile. */
    send: (request: ReturnType<typeof toRequest>) =>
      mutation.mutate(request, { onSuccess: ({ id }) => void navigate(`/trainings/${id}`) }),
    isError: mutation.isError && !isCanceled,
    progress,
    cancel: () => abortController?.abort(new DOMException('canceled', 'AbortError')),
    renew: () => {
      idempotencyKey.current = randomHex();
      if (mutation.isError) mutation.reset();
    },
  };
}
