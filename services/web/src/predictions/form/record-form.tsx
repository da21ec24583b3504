import { ApiError, type ModelVersion, mayHaveSucceeded } from '@cytoqueue/client';
import { type FormEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { Notice } from '../../ui/notice';
import { TextField } from '../../ui/text-field';
import { isTenStepGrade } from './feature-value';
import { type Draft, emptyDraft, isEmptyDraft, findErrors } from './draft';
import type { ChangeDraft } from './draft-context';
import { GradeField } from './grade-field';
import { KeyHints } from './key-hints';
import { MeasuredField } from './measured-field';
import { PasteQuestion } from './paste-question';
import { ReadBack } from './read-back';
import { useRecordForm } from './use-record-form';
import { usePredict } from './use-predict';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './record-form.module.css';
import gradeFieldStyles from './grade-field.module.css';

interface RecordFormProps {
  version: ModelVersion;
  draft: Draft;
  change: ChangeDraft;
}

export function RecordForm({ version, draft, change }: RecordFormProps) {
  const { features } = version;
  const [autoAdvance, setAutoAdvance] = useState(true);
  const form = useRecordForm({ features, draft, change, autoAdvance });
  const { pasting } = form;
  const predict = usePredict(draft, change, (error) => form.setErrors(errorsByFeature(error)));
  useFocusOnArrival(isEmptyDraft(draft), () => form.focus(0));

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (predict.isPending) return;
    // The user has not yet chosen which fields the pasted values belong to.
    if (pasting.interpretations.length > 0) return pasting.remindOfQuestion();
    const errors = findErrors(draft.texts, features);
    form.setErrors(errors);
    const first = features.findIndex(({ name }) => name in errors);
    if (first >= 0) form.focus(first);
    else predict.send(version);
  };
  const clear = (): void => {
    change(emptyDraft());
    form.reset();
  };
  return (
    <form
      className={styles.entry}
      onSubmit={submit}
      onPaste={pasting.paste}
      onKeyDownCapture={form.onKeyDownCapture}
      noValidate
    >
      <div className={styles.entryFields}>
        <section className={`${ui.panel} ${styles.identity}`} aria-label={TEXTS.recordForm.identity}>
          <TextField
            label={TEXTS.recordForm.reference}
            description={TEXTS.recordForm.referenceHelp}
            value={draft.sampleReference}
            onChange={(sampleReference) => change({ sampleReference })}
            maxLength={256}
            autoComplete="off"
          />
          <PasteField count={features.length} />
          <PasteOutcome pasting={pasting} features={features} />
        </section>
        <Fields form={form} features={features} texts={draft.texts} />
      </div>
      <aside className={`${ui.panel} ${styles.entrySide}`} aria-labelledby="send">
        <h2 id="send">{TEXTS.recordForm.send}</h2>
        {draft.isRestored && (
          <Notice tone="warning">
            <p>{TEXTS.recordForm.restored}</p>
          </Notice>
        )}
        <ReadBack draft={draft} features={features} errorCount={Object.keys(form.errors).length} />
        {predict.isError && (
          <ErrorNotice
            error={predict.error}
            what={mayHaveSucceeded(predict.error) ? TEXTS.recordForm.acceptanceUnknown : TEXTS.recordForm.notAccepted}
          />
        )}
        <div className={ui.actions}>
          <Button ref={form.submitButton} type="submit" variant="primary" isPending={predict.isPending}>
            {predict.isPending ? TEXTS.recordForm.scoring : TEXTS.recordForm.getResult}
          </Button>
          <Button variant="quiet" onPress={clear}>
            {TEXTS.recordForm.clear}
          </Button>
        </div>
        {features.every(isTenStepGrade) && (
          <>
            <KeyHints />
            <label className={`${ui.choice} ${ui.small}`}>
              <input type="checkbox" checked={autoAdvance} onChange={({ target }) => setAutoAdvance(target.checked)} />
              <span>{TEXTS.recordForm.autoAdvance}</span>
            </label>
          </>
        )}
      </aside>
    </form>
  );
}

/** Focuses the first field when the form opens with an empty draft, so that typing can begin at once. */
function useFocusOnArrival(isEmpty: boolean, focus: () => void): void {
  const initial = useRef({ isEmpty, focus });
  // Before the form is painted: an effect after it would lose what is typed at once.
  useLayoutEffect(() => {
    if (initial.current.isEmpty) initial.current.focus();
  }, []);
}

/** A place to paste for touch screens; a row may be pasted anywhere in the form. */
function PasteField({ count }: { count: number }) {
  const id = useId();
  return (
    <div className={ui.field}>
      <label htmlFor={id}>{TEXTS.recordForm.paste}</label>
      <input
        id={id}
        className={ui.input}
        data-paste="row"
        value=""
        onChange={() => undefined}
        autoComplete="off"
        aria-describedby={`${id}-hint`}
      />
      <span id={`${id}-hint`} className={ui.note}>
        {TEXTS.recordForm.pasteHelp(count)}
      </span>
    </div>
  );
}

function PasteOutcome({
  pasting,
  features,
}: {
  pasting: ReturnType<typeof useRecordForm>['pasting'];
  features: ModelVersion['features'];
}) {
  const { note, isRefused, interpretations, fill, discardInterpretations } = pasting;
  const container = useRef<HTMLDivElement>(null);
  const needsAttention = isRefused || interpretations.length > 0;
  useEffect(() => {
    if (needsAttention) container.current?.scrollIntoView({ block: 'nearest' });
  }, [needsAttention, note, interpretations]);
  return (
    <div ref={container} className={styles.pasteOutcome}>
      <p
        role="status"
        className={styles.entryNote}
        data-filled={note !== '' || undefined}
        data-refused={isRefused || undefined}
      >
        {note}
      </p>
      {interpretations.length > 0 && (
        <PasteQuestion
          interpretations={interpretations}
          features={features}
          onAccept={fill}
          onReject={discardInterpretations}
        />
      )}
    </div>
  );
}

function Fields({
  form,
  features,
  texts,
}: {
  form: ReturnType<typeof useRecordForm>;
  features: ModelVersion['features'];
  texts: Draft['texts'];
}) {
  return (
    <div className={gradeFieldStyles.grades} role="group" aria-label={TEXTS.recordForm.features}>
      {features.map((feature, field) => {
        const Field = isTenStepGrade(feature) ? GradeField : MeasuredField;
        return (
          <Field
            key={feature.name}
            feature={feature}
            number={field + 1}
            text={texts[feature.name] ?? ''}
            error={form.errors[feature.name]}
            container={(element) => {
              form.fields.current[field] = element;
            }}
            onPick={(text) => form.setText(field, text)}
            onKeyDown={(event) => form.onKeyDown(field, event)}
            onBlur={() => form.onBlur(field)}
          />
        );
      })}
    </div>
  );
}

function errorsByFeature(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(
    error.errors.flatMap(({ field, detail }) =>
      field === undefined ? [] : [[field.replace(/^features\./, ''), detail]],
    ),
  );
}
