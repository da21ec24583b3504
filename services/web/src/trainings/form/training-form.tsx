import { isOutcomeUnknown, randomHex, type UploadProgress } from '@cytoqueue/client';
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
import { SCHEMA_LABELS } from '../training-labels';
import { TRAININGS_KEY, trainingKey } from '../training-queries';
import { ClassesPanel } from './classes-panel';
import { ColumnField } from './column-field';
import { FeaturesPanel } from './features-panel';
import type { TableStart } from './table-start';
import { EMPTY_DRAFT, type TrainingDraft, openQuestion, readFacts, toRequest } from './training-draft';

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
    <form className="stack" onSubmit={submit}>
      <Panel title="Model and columns">
        <div className="fields wide">
          <TextField
            label="Name of the model"
            description="For example mylab. A second training with the name makes the next version."
            value={draft.name}
            onChange={(name) => change({ name })}
            maxLength={64}
            autoComplete="off"
          />
          <SelectField label="Features of the file" value={schema} onChange={(chosen) => change({ schema: chosen })}>
            <option value="">Choose …</option>
            {Object.entries(SCHEMA_LABELS).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
            <option value="own">Own features</option>
          </SelectField>
          <ColumnField
            label="Column with the known diagnosis"
            columns={columns}
            emptyOption="Choose …"
            value={label}
            onChange={(column) => change({ label: column, classNames: {}, positive: '' })}
          />
          <ColumnField
            label="Column that identifies the patient (optional)"
            description="Cases of one patient then stay together, so that none is both trained on and tested. It is no feature and is not stored in the model."
            columns={columns}
            emptyOption="None: one row per patient"
            value={draft.group}
            onChange={(group) => change({ group })}
          />
        </div>
      </Panel>
      {schema === 'own' &&
        (facts === null ? (
          <Notice tone="info">
            The features of this kind of file cannot be listed here. Save it as CSV, or use the command with a file that
            describes the features: cytoqueue train FILE --schema features.json.
          </Notice>
        ) : (
          <>
            <FeaturesPanel draft={draft} facts={facts} isComplete={table?.isComplete === true} onChange={change} />
            <ClassesPanel draft={draft} facts={facts} onChange={change} />
          </>
        ))}
      <details className="panel settings">
        <summary>More options</summary>
        <div className="fields wide">
          <TextField
            label="Seed (optional)"
            description="The seed, 2 by default, decides how the cases are divided for cross-validation; the same file and seed give the same model."
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
        <UploadProgressBar label="Uploading" progress={training.progress} onCancel={training.cancel} />
      )}
      {!training.isPending && (
        <div className="actions">
          <Button type="submit" variant="primary" isDisabled={open !== undefined}>
            Start the training
          </Button>
          {open !== undefined && <p className="small">{open}</p>}
        </div>
      )}
    </form>
  );
}

function refusalText(error: unknown): string {
  return isOutcomeUnknown(error)
    ? 'The training may have started. Send it again from this page: it is not started twice.'
    : 'No training was started, and the file was not stored.';
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
