import type { Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';

export interface ButtonProps extends AriaButtonProps {
  ref?: Ref<HTMLButtonElement>;
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
}

/**
 * While it is pending it keeps the focus and does nothing. React Aria's own way of it leaves unnamed images behind for
 * readers, so what goes on is told by the page.
 */
export function Button({ variant = 'secondary', ref, isPending = false, onPress, type, ...props }: ButtonProps) {
  const press = isPending || onPress === undefined ? {} : { onPress };
  return (
    <AriaButton
      {...props}
      {...press}
      type={isPending ? 'button' : (type ?? 'button')}
      ref={ref ?? null}
      className={`button ${variant}`}
      data-pending={isPending || undefined}
    />
  );
}
