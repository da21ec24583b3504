import type { Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import { ui } from './styles';

export interface ButtonProps extends AriaButtonProps {
  ref?: Ref<HTMLButtonElement>;
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
}

/**
 * A pending button keeps the focus and ignores presses. React Aria's own pending state leaves unnamed images in the
 * accessibility tree, so the page announces progress itself.
 */
export function Button({ variant = 'secondary', ref, isPending = false, onPress, type, ...props }: ButtonProps) {
  const press = isPending || onPress === undefined ? {} : { onPress };
  return (
    <AriaButton
      {...props}
      {...press}
      type={isPending ? 'button' : (type ?? 'button')}
      ref={ref ?? null}
      className={variant === 'secondary' ? ui.button : `${ui.button} ${ui[variant]}`}
      data-pending={isPending || undefined}
    />
  );
}
