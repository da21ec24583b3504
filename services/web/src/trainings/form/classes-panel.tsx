import { useId } from 'react';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { TextField } from '../../ui/text-field';
import { type FileFacts, type TrainingDraft, className } from './training-draft';

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
    <Panel
      title="Classes"
      lead="Results name the classes as you do here. The probability is that of the positive class."
    >
      {texts.length === 2 ? (
        <div className="stack">
          <div className="fields">
            {texts.map((text) => (
              <TextField
                key={text}
                label={`Name of class “${text}”`}
                value={className(draft, text)}
                onChange={(name) => onChange({ classNames: { ...draft.classNames, [text]: name } })}
                maxLength={40}
                autoComplete="off"
              />
            ))}
          </div>
          <fieldset className="choices">
            <legend>Positive class: the finding that must not be missed</legend>
            {texts.map((text) => (
              <label key={text} className="choice">
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
            ? 'This column is empty.'
            : `A model has two classes; this column holds ${texts.slice(0, MAX_SHOWN).join(', ')}${
                texts.length > MAX_SHOWN ? ` and ${texts.length - MAX_SHOWN} more` : texts.length === 1 ? ' only' : ''
              }.`}
        </Notice>
      )}
    </Panel>
  );
}
