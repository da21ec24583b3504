import { useId } from 'react';
import { FieldError, FieldName, type FieldProps } from './grade-field';
import { TEXTS } from './texts';

/** A feature that is a measured number. "Not measured" is a control of its own: keypads of phones have no question mark. */
export function MeasuredField({ feature, number, text, error, container, onPick, onKeyDown, onBlur }: FieldProps) {
  const id = useId();
  const isMissing = text === '?';
  return (
    <div ref={container} className="grade-row measured" data-invalid={error !== undefined || undefined}>
      <FieldName feature={feature} number={number} id={id} />
      <div className="grade-cells">
        <input
          className="input"
          inputMode={feature.integer ? 'numeric' : 'decimal'}
          autoComplete="off"
          enterKeyHint="next"
          value={text}
          aria-labelledby={`${id}-name`}
          aria-invalid={error !== undefined}
          aria-describedby={`${error === undefined ? '' : `${id}-error `}${id}-meaning ${id}-ends`}
          onChange={({ target }) => onPick(target.value)}
          onKeyDown={onKeyDown}
          onFocus={({ target }) => target.select()}
          onBlur={onBlur}
        />
      </div>
      <p className="grade-ends" id={`${id}-ends`}>
        {`${feature.low} ${feature.high}`}
      </p>
      <label className="not-measured">
        <input
          type="checkbox"
          checked={isMissing}
          aria-label={TEXTS.measuredField.notMeasured(feature.title)}
          onChange={() => onPick(isMissing ? '' : '?')}
        />
        <span>{TEXTS.notMeasured}</span>
      </label>
      <FieldError id={id} error={error} />
    </div>
  );
}
