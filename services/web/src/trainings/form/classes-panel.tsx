import { useId } from 'react';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { TextField } from '../../ui/text-field';
import { type FileFacts, type TrainingDraft, className } from './training-draft';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface ClassesPanelProps {
  draft: TrainingDraft;
  facts: FileFacts;
  onChange: (part: Partial<TrainingDraft>) => void;
}

const MAX_SHOWN = 5;

/** The two classes of the chosen column: their names, and which one the probability is about. */
export function ClassesPanel({ draft, facts, onChange }: ClassesPanelProps) {
  const group = useId();
  if (draft.label === '') return null;
  const { classes: texts } = facts;
  return (
    <Panel title={TEXTS.classesPanel.title} lead={TEXTS.classesPanel.lead}>
      {texts.length === 2 ? (
        <div className={ui.stack}>
          <div className={ui.fields}>
            {texts.map((text) => (
              <TextField
                key={text}
                label={TEXTS.classesPanel.nameOf(text)}
                value={className(draft, text)}
                onChange={(name) => onChange({ classNames: { ...draft.classNames, [text]: name } })}
                maxLength={40}
                autoComplete="off"
              />
            ))}
          </div>
          <fieldset className={ui.choices}>
            <legend>{TEXTS.classesPanel.positive}</legend>
            {texts.map((text) => (
              <label key={text} className={ui.choice}>
                <input
                  type="radio"
                  name={group}
                  checked={draft.positive === text}
                  onChange={() => onChange({ positive: text })}
                />
                {className(draft, text) || text}
              </label>
            ))}
          </fieldset>
        </div>
      ) : (
        <Notice tone="warning">
          {texts.length === 0
            ? TEXTS.classesPanel.isEmpty
            : TEXTS.classesPanel.otherCount(texts.slice(0, MAX_SHOWN), texts.length - MAX_SHOWN)}
        </Notice>
      )}
    </Panel>
  );
}
