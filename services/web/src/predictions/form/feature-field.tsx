import type { Feature } from '@cytoqueue/client';
import { type ClipboardEvent, type KeyboardEvent, type Ref, useId } from 'react';
import { isGrade } from './feature-value';

interface FeatureFieldProps {
  feature: Feature;
  number: number;
  text: string;
  error: string | undefined;
  input: Ref<HTMLInputElement>;
  onType: (text: string) => void;
  onPick: (text: string) => void;
  onPaste: (event: ClipboardEvent<HTMLInputElement>) => void;
  onBlur: () => void;
  onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => void;
}

/**
 * One feature: description, meaning of the lowest and highest grade, and input by keyboard or by a click on the scale.
 */
export function FeatureField({
  feature,
  number,
  text,
  error,
  input,
  onType,
  onPick,
  onPaste,
  onBlur,
  onKeyDown,
}: FeatureFieldProps) {
  const id = useId();
  const grade = isGrade(feature);
  return (
    <div className={grade ? 'feature' : 'feature measured'} data-invalid={error !== undefined || undefined}>
      <div className="feature-name">
        <label htmlFor={id}>
          <span className="feature-number" aria-hidden="true">
            {number}
          </span>{' '}
          {feature.title}
        </label>
        <p id={`${id}-meaning`} className="small muted">
          {feature.description}
        </p>
      </div>
      <div className="feature-scale">
        {grade && <GradeScale text={text} onPick={onPick} />}
        <p id={`${id}-ends`} className="scale-ends small muted">
          <span>
            {grade && <ScaleEnd value={feature.min} />}
            {feature.low}
          </span>
          <span>
            {grade && <ScaleEnd value={feature.max} />}
            {feature.high}
          </span>
        </p>
      </div>
      <input
        ref={input}
        id={id}
        className={`input feature-input${grade ? '' : ' wide'}`}
        inputMode={grade ? 'numeric' : 'decimal'}
        autoComplete="off"
        enterKeyHint="next"
        value={text}
        aria-invalid={error !== undefined}
        aria-describedby={`${error === undefined ? '' : `${id}-fault `}${id}-meaning ${id}-ends`}
        onChange={(event) => onType(event.target.value)}
        // React reports no change when the selected text is replaced by the same text.
        onInput={(event) => {
          if (event.currentTarget.value === text) onType(text);
        }}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onFocus={(event) => event.target.select()}
        onBlur={onBlur}
      />
      {error !== undefined && (
        <p id={`${id}-fault`} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}

function ScaleEnd({ value }: { value: number | null }) {
  return (
    <>
      <b>{value}</b> <span className="visually-hidden">is </span>
    </>
  );
}

const GRADES = Array.from({ length: 10 }, (_, index) => String(index + 1));

/** For mouse and touch only; keyboards and screen readers use the field. */
function GradeScale({ text, onPick }: { text: string; onPick: (text: string) => void }) {
  return (
    <div className="scale" aria-hidden="true">
      {GRADES.map((grade) => (
        <button
          key={grade}
          type="button"
          tabIndex={-1}
          className="scale-step"
          data-chosen={text === grade || undefined}
          onClick={() => onPick(grade)}
        >
          {grade}
        </button>
      ))}
      <button
        type="button"
        tabIndex={-1}
        className="scale-step unknown"
        data-chosen={text === '?' || undefined}
        title="Not measured"
        onClick={() => onPick('?')}
      >
        ?
      </button>
    </div>
  );
}
