import { type ClassName, type ConfirmationBody, randomHex } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { client } from '../api/clients';
import { useDefaults, useModelVersion } from '../models/model-queries';
import { parseModelReference } from '../models/model-reference';
import { decisionLabel } from '../reviews/review-labels';
import { Button } from '../ui/button';
import { downloadText } from '../ui/download-text';
import { ChangeErrorNotice } from '../ui/error-notice';
import { FileButton } from '../ui/file-button';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { SelectField } from '../ui/select-field';
import { TextField } from '../ui/text-field';
import { PERFORMANCE_KEY } from './performance-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

const TEMPLATE = 'batch_id,sample_id,confirmed_class,confirmed_at\r\n';
const MAX_SHOWN = 10;

/** Adds confirmed diagnoses, from a file or one case at a time. */
export function ConfirmDiagnosisPanel() {
  const classes = useDiagnoses();
  return (
    <Panel title={TEXTS.confirmDiagnosisPanel.title} lead={TEXTS.confirmDiagnosisPanel.lead} className={ui.noPrint}>
      <div className={ui.two}>
        <FileForm classes={classes} />
        <CaseForm classes={classes} />
      </div>
    </Panel>
  );
}

/** The classes of the laboratory's model, and those of the shipped models, which may have scored earlier records. */
function useDiagnoses(): readonly ClassName[] {
  const { data: defaults } = useDefaults();
  const { name, version } = parseModelReference(defaults?.model ?? '');
  const { data } = useModelVersion(name, version, name !== '');
  return [...new Set(['benign', 'malignant', ...(data?.labels ?? [])])];
}

function useRefresh() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: PERFORMANCE_KEY });
}

function FileForm({ classes }: { classes: readonly ClassName[] }) {
  const refresh = useRefresh();
  const send = useMutation({
    mutationFn: async (file: File) => client.confirmFile(await file.text()),
    onSuccess: refresh,
  });
  const { data } = send;
  return (
    <div className={ui.stack}>
      <h3>{TEXTS.confirmDiagnosisPanel.fromFile}</h3>
      <p className={ui.note}>{TEXTS.confirmDiagnosisPanel.fileHelp(classes)}</p>
      <div className={ui.actions}>
        <FileButton
          accept={['.csv', 'text/csv']}
          isPending={send.isPending}
          onChoose={([file]) => file !== undefined && send.mutate(file)}
        >
          {send.isPending ? TEXTS.confirmDiagnosisPanel.sending : TEXTS.confirmDiagnosisPanel.chooseFile}
        </FileButton>
        <Button variant="quiet" onPress={() => downloadText('confirmed-diagnoses.csv', TEMPLATE)}>
          {TEXTS.confirmDiagnosisPanel.template}
        </Button>
      </div>
      {send.isError && <ChangeErrorNotice error={send.error} what={TEXTS.confirmDiagnosisPanel.fileFailed} />}
      {data !== undefined && (
        <Notice tone={data.rejected === 0 ? 'success' : 'warning'}>
          <p>{TEXTS.confirmDiagnosisPanel.stored(data.accepted, data.rejected)}</p>
          {data.errors.length > 0 && (
            <ul className={ui.small}>
              {data.errors.slice(0, MAX_SHOWN).map(({ row, detail }) => (
                <li key={row}>{TEXTS.confirmDiagnosisPanel.rowError(row, detail)}</li>
              ))}
            </ul>
          )}
        </Notice>
      )}
    </div>
  );
}

const EMPTY = { target: '', place: '', diagnosis: '', day: '' };

function CaseForm({ classes }: { classes: readonly ClassName[] }) {
  const [form, setForm] = useState(EMPTY);
  const refresh = useRefresh();
  const key = useRef(randomHex());
  const add = useMutation({
    mutationFn: (body: ConfirmationBody) => client.confirm(body, { idempotencyKey: key.current }),
    onSuccess: async () => {
      setForm(EMPTY);
      await refresh();
    },
  });
  const change = (part: Partial<typeof EMPTY>): void => {
    key.current = randomHex();
    add.reset();
    setForm({ ...form, ...part });
  };
  const body = toBody(form);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (body !== undefined && !add.isPending) add.mutate(body);
  };
  const isBatch = form.target.includes('batch_');
  return (
    <form className={ui.stack} onSubmit={submit}>
      <h3>{TEXTS.confirmDiagnosisPanel.oneCase}</h3>
      <div className={ui.fields}>
        <TextField
          label={TEXTS.confirmDiagnosisPanel.target}
          description={TEXTS.confirmDiagnosisPanel.targetHelp}
          value={form.target}
          onChange={(target) => change({ target })}
          required
          autoComplete="off"
        />
        {isBatch && !/\/rows\/\d+/.test(form.target) && (
          <TextField
            label={TEXTS.confirmDiagnosisPanel.reference}
            value={form.place}
            onChange={(place) => change({ place })}
            required
            autoComplete="off"
          />
        )}
        <SelectField
          label={TEXTS.confirmDiagnosisPanel.diagnosis}
          value={form.diagnosis}
          onChange={(diagnosis) => change({ diagnosis })}
        >
          <option value="">{TEXTS.confirmDiagnosisPanel.choose}</option>
          {classes.map((name) => (
            <option key={name} value={name}>
              {decisionLabel(name)}
            </option>
          ))}
        </SelectField>
        <TextField
          label={TEXTS.confirmDiagnosisPanel.date}
          type="date"
          value={form.day}
          onChange={(day) => change({ day })}
        />
      </div>
      {add.isError && <ChangeErrorNotice error={add.error} what={TEXTS.confirmDiagnosisPanel.failed} />}
      {add.isSuccess && <Notice tone="success">{TEXTS.confirmDiagnosisPanel.isStored}</Notice>}
      <div className={ui.actions}>
        <Button type="submit" isPending={add.isPending} isDisabled={body === undefined}>
          {TEXTS.confirmDiagnosisPanel.submit}
        </Button>
      </div>
    </form>
  );
}

/** @returns undefined while something is missing */
function toBody({ target, place, diagnosis, day }: typeof EMPTY): ConfirmationBody | undefined {
  if (diagnosis === '') return undefined;
  const given = { confirmed_class: diagnosis, ...(day === '' ? {} : { confirmed_at: day }) };
  const prediction = /pred_\w+/.exec(target)?.[0];
  if (prediction !== undefined) return { prediction_id: prediction, ...given };
  const batch = /batch_\w+/.exec(target)?.[0];
  if (batch === undefined) return undefined;
  const row = /\/rows\/(\d+)/.exec(target)?.[1];
  if (row !== undefined) return { batch_id: batch, row: Number(row), ...given };
  return place.trim() === '' ? undefined : { batch_id: batch, sample_id: place.trim(), ...given };
}
