import { type ComponentProps, type FormEvent, useId, useState } from 'react';
import { ui } from './styles';

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'className' | 'id' | 'onChange' | 'onInvalid'> {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
}

/** Shows below the input what the browser finds wrong with the text when the form is sent, until the text changes. */
export function TextField({ label, description, onChange, ...props }: TextFieldProps) {
  const id = useId();
  const [error, setError] = useState('');
  const showError = (event: FormEvent<HTMLInputElement>): void => {
    event.preventDefault();
    const input = event.currentTarget;
    setError(input.validationMessage);
    if (input.form?.querySelector('input:invalid') === input) input.focus();
  };
  const describedBy = [description !== undefined && `${id}-more`, error !== '' && `${id}-error`]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={ui.field}>
      <label htmlFor={id}>{label}</label>
      <input
        {...props}
        id={id}
        className={ui.input}
        onChange={({ target }) => {
          setError('');
          onChange(target.value);
        }}
        onInvalid={showError}
        aria-invalid={error !== '' || undefined}
        aria-describedby={describedBy === '' ? undefined : describedBy}
      />
      {description !== undefined && (
        <span id={`${id}-more`} className={ui.note}>
          {description}
        </span>
      )}
      {error !== '' && (
        <span id={`${id}-error`} className={ui.fieldError}>
          {error}
        </span>
      )}
    </div>
  );
}
