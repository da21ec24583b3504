import { type ReactNode, useId } from 'react';
import { ui } from './styles';

interface SelectFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  description?: string;
  children: ReactNode;
}

/** Native select: works with every screen reader and on phones. */
export function SelectField({ label, value, onChange, description, children }: SelectFieldProps) {
  const id = useId();
  return (
    <div className={ui.field}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className={ui.input}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={description === undefined ? undefined : `${id}-more`}
      >
        {children}
      </select>
      {description !== undefined && (
        <span id={`${id}-more`} className={ui.note}>
          {description}
        </span>
      )}
    </div>
  );
}
