import { ApiError, type ModelVersion, isOutcomeUnknown } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { TextField } from '../../ui/text-field';
import { pluralize } from '../../ui/format';
import { isGrade, parseFeatureValue } from './feature-value';
import { type Draft, validate } from './draft';
import type { ChangeDraft } from './draft-context';
import { FeatureField } from './feature-field';
import { ModelChoice } from './model-choice';
import { PasteQuestion } from './paste-question';
import { useRecordForm } from './use-record-form';
import { usePredict } from './use-predict';

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

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (pasting.question.length > 0) return pasting.remindOfQuestion();
    const errors = validate(draft.texts, features);
    form.setErrors(errors);
    const first = features.findIndex(({ name }) => name in errors);
    if (first >= 0) form.focus(first);
    else predict.send(version);
  };
  return (
    <form className="entry" onSubmit={submit} noValidate>
      <FeatureFields form={form} features={features} texts={draft.texts} />
      <aside className="entry-side stack" aria-label="Send">
        <p role="status" className="entry-note" data-filled={pasting.note !== '' || undefined}>
          {pasting.note}
        </p>
        {pasting.question.length > 0 && (
          <PasteQuestion
            readings={pasting.question}
            features={features}
            onAccept={pasting.fill}
            onReject={pasting.reject}
          />
        )}
        <TextField
          label="Your reference (optional)"
          description="To find the record again. Only your laboratory sees it; it is never part of an address."
          value={draft.reference}
          onChange={(reference) => change({ reference })}
          maxLength={256}
          autoComplete="off"
          onPaste={pasting.pasteReference}
        />
        <Progress draft={draft} version={version} errorCount={Object.keys(form.errors).length} />
        {predict.isError && (
          <ErrorNotice
            error={predict.error}
            what={
              isOutcomeUnknown(predict.error)
                ? 'The record may have been accepted. Send it again from this page: it is not stored twice.'
                : 'The record was not accepted.'
            }
          />
        )}
        <div className="actions">
          <Button ref={form.submit} type="submit" variant="primary" isPending={predict.isPending}>
            {predict.isPending ? 'Scoring …' : 'Score the record'}
          </Button>
          <Button
            variant="quiet"
            onPress={() => {
              change({ texts: {}, reference: '' });
              form.setErrors({});
              form.focus(0);
            }}
          >
            Clear
          </Button>
        </div>
        <ModelChoice draft={draft} change={change} />
        {features.every(isGrade) && (
          <Checkbox className="checkbox" isSelected={autoAdvance} onChange={setAutoAdvance}>
            <span className="box" aria-hidden="true" /> Move to the next field automatically
          </Checkbox>
        )}
        <KeyHints />
      </aside>
    </form>
  );
}

function FeatureFields({
  form,
  features,
  texts,
}: {
  form: ReturnType<typeof useRecordForm>;
  features: ModelVersion['features'];
  texts: Draft['texts'];
}) {
  return (
    <div className="features" role="group" aria-label="Features">
      {features.map((feature, field) => (
        <FeatureField
          key={feature.name}
          feature={feature}
          number={field + 1}
          text={texts[feature.name] ?? ''}
          error={form.errors[feature.name]}
          input={(element) => {
            form.inputs.current[field] = element;
          }}
          onType={(text) => form.onType(field, text)}
          onPick={(text) => form.onType(field, text)}
          onPaste={(event) => form.pasting.paste(field, event)}
          onBlur={() => form.onBlur(field)}
          onKeyDown={(event) => form.onKeyDown(field, event)}
        />
      ))}
    </div>
  );
}

function Progress({ draft, version, errorCount }: { draft: Draft; version: ModelVersion; errorCount: number }) {
  const values = version.features.map((feature) => parseFeatureValue(draft.texts[feature.name] ?? '', feature));
  const missing = values.filter(({ kind }) => kind === 'missing').length;
  const entered = values.filter(({ kind }) => kind === 'value').length;
  return (
    <p className="small muted">
      {entered} of {values.length} entered{missing > 0 && `, ${missing} not measured`}
      {errorCount > 0 && (
        <span className="fault-count">, {pluralize(errorCount, 'field needs', 'fields need')} another look</span>
      )}
      .
    </p>
  );
}

function KeyHints() {
  return (
    <details className="hints small">
      <summary>Keys</summary>
      <dl>
        <dt>
          <kbd>1</kbd>…<kbd>10</kbd>
        </dt>
        <dd>enters the grade and moves to the next field</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>not measured</dd>
        <dt>
          <kbd>Enter</kbd> <kbd>↓</kbd>
        </dt>
        <dd>next field; after the last one, the button</dd>
        <dt>
          <kbd>↑</kbd> <kbd>⌫</kbd>
        </dt>
        <dd>previous field (⌫ when empty)</dd>
        <dt>
          <kbd>Ctrl</kbd>+<kbd>V</kbd>
        </dt>
        <dd>a line with tabs, commas, semicolons or spaces; a reference before the values is kept</dd>
      </dl>
    </details>
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
