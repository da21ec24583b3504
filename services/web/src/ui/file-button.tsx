import type { ReactNode } from 'react';
import { ui } from './styles';

interface FileButtonProps {
  /** File name extensions and media types. */
  accept: readonly string[];
  isMultiple?: boolean;
  variant?: 'primary' | 'secondary';
  isPending?: boolean;
  onChoose: (files: readonly File[]) => void;
  children: ReactNode;
}

/**
 * The browser's own file input, in the look of a button. Browsers refuse a chooser that a script opens more than five
 * seconds after the user's action, as on a busy machine; the input's own they open with the key or click itself.
 */
export function FileButton({
  accept,
  isMultiple = false,
  variant = 'secondary',
  isPending = false,
  onChoose,
  children,
}: FileButtonProps) {
  return (
    <label
      className={`${ui.button} ${ui.fileButton} ${variant === 'primary' ? ui.primary : ''}`}
      data-pending={isPending || undefined}
    >
      {children}
      <input
        type="file"
        accept={accept.join()}
        multiple={isMultiple}
        onClick={(event) => isPending && event.preventDefault()}
        onChange={({ target }) => {
          // A file can also be dropped on the input.
          if (!isPending) onChoose([...(target.files ?? [])]);
          // So that choosing the same file again is a change too.
          target.value = '';
        }}
      />
    </label>
  );
}
