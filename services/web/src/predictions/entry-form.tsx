import { ApiError, type ModelVersion, isOutcomeUnknown } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { Button } from '../design/button';
import { Failure } from '../design/failure';
import { TextField } from '../design/text-field';
import { countOf } from '../design/numbers';
import { isGrade, readCell } from './cell';
import { type Draft, findFaults } from './draft';
import type { ChangeDraft } from './draft-context';
import { FeatureField } from './feature-field';
import { ModelChoice } from './model-choice';
import { PasteQuestion } from './paste-question';
import { useEntry } from './use-entry';
import { usePredict } from './use-predict';

interface EntryFormProps {
  version: ModelVersion;
  draft: Draft;
  change: ChangeDraft;
}

export function EntryForm({ version, draft, change }: EntryFormProps) {
  const { features } = version;
  const [movesOn, setMovesOn] = useState(true);
  const entry = useEntry({ features, draft, change, movesOn });
  const { pasting } = entry;
  const predict = usePredict(draft, change, (error) => entry.setFaults(faultsByFeature(error)));

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (pasting.question.length > 0) return pasting.remindOfQuestion();
    const faults = findFaults(draft.texts, features);
    entry.setFaults(faults);
    const first = features.findIndex(({ name }) => name in faults);
    if (first >= 0) entry.focus(first);
    else predict.send(version);
  };
  return (
    <form className="entry" onSubmit={submit} noValidate>
      <FeatureFields entry={entry} features={features} texts={draft.texts} />
      <aside className="entry-side stack" aria-label="Send">
        <p role="status" className="entry-note" data-filled={pasting.note !== '' || undefined}>{pasting.note}</p>
        {pasting.question.length > 0 && <PasteQuestion readings={pasting.question} features={features} onTake={pasting.fill} onRefuse={pasting.refuse} />}
        <TextField
          label="Your reference (optional)"
          description="To find the record again. Only your laboratory sees it; it is never part of an address."
          value={draft.reference}
          onChange={(reference) => change({ reference })}
          maxLength={256}
          autoComplete="off"
          onPaste={pasting.pasteReference}
        />
        <Progress draft={draft} version={version} faults={Object.keys(entry.faults).length} />
        {predict.isError && <Failure error={predict.error} what={isOutcomeUnknown(predict.error) ? 'The record may have been accepted all the same. Send it again from here: it is not stored twice.' : 'The record was not accepted.'} />}
        <div className="actions">
          <Button ref={entry.submit} type="submit" variant="primary" isPending={predict.isPending}>{predict.isPending ? 'Asking …' : 'Get the answer'}</Button>
          <Button variant="quiet" onPress={() => { change({ texts: {}, reference: '' }); entry.setFaults({}); entry.focus(0); }}>Clear</Button>
        </div>
        <ModelChoice draft={draft} change={change} />
        {features.every(isGrade) && <Checkbox className="checkbox" isSelected={movesOn} onChange={setMovesOn}>
          <span className="box" aria-hidden="true" /> Fields move on by themselves
        </Checkbox>}
        <KeyHints />
      </aside>
    </form>
  );
}

function FeatureFields({ entry, features, texts }: { entry: ReturnType<typeof useEntry>; features: ModelVersion['features']; texts: Draft['texts'] }) {
  return (
    <div className="features" role="group" aria-label="Features">
      {features.map((feature, field) => (
        <FeatureField
          key={feature.name}
          feature={feature}
          number={field + 1}
          text={texts[feature.name] ?? ''}
          fault={entry.faults[feature.name]}
          input={(element) => { entry.inputs.current[field] = element; }}
          onType={(text) => entry.type(field, text)}
          onPick={(text) => entry.type(field, text)}
          onPaste={(event) => entry.pasting.paste(field, event)}
          onLeave={() => entry.leave(field)}
          onPress={(event) => entry.press(field, event)}
        />
      ))}
    </div>
  );
}

function Progress({ draft, version, faults }: { draft: Draft; version: ModelVersion; faults: number }) {
  const cells = version.features.map((feature) => readCell(draft.texts[feature.name] ?? '', feature));
  const missing = cells.filter(({ kind }) => kind === 'missing').length;
  const entered = cells.filter(({ kind }) => kind === 'value').length;
  return (
    <p className="small muted">
      {entered} of {cells.length} entered{missing > 0 && `, ${missing} not measured`}
      {faults > 0 && <span className="fault-count">, {countOf(faults, 'field needs', 'fields need')} another look</span>}.
    </p>
  );
}

function KeyHints() {
  return (
    <details className="hints small">
      <summary>Keys</summary>
      <dl>
        <dt><kbd>1</kbd>…<kbd>10</kbd></dt><dd>the grade; the next field follows</dd>
        <dt><kbd>?</kbd></dt><dd>not measured</dd>
        <dt><kbd>Enter</kbd> <kbd>↓</kbd></dt><dd>next field; at the end, the button</dd>
        <dt><kbd>↑</kbd> <kbd>⌫</kbd></dt><dd>field before (⌫ when empty)</dd>
        <dt><kbd>Ctrl</kbd>+<kbd>V</kbd></dt><dd>a line with tabs, commas, semicolons or spaces; a reference before the values is taken along</dd>
      </dl>
    </details>
  );
}

function faultsByFeature(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(error.errors.flatMap(({ field, detail }) => (field === undefined ? [] : [[field.replace(/^features\./, ''), detail]])));
}
