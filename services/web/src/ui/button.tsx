import type { ComponentPropsWithRef } from 'react';
import { ui } from './styles';

export interface ButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'className' | 'disabled' | 'type'> {
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
  type?: 'button' | 'submit';
  isPending?: boolean;
  isDisabled?: boolean;
  onPress?: () => void;
}

/** A pending button keeps the focus and ignores presses; the page announces progress itself. */
export function Button({
  variant = 'secondary',
  type = 'button',
  isPending = false,
  isDisabled = false,
  onPress,
  ...props
}: ButtonProps) {
  const press = isPending || onPress === undefined ? {} : { onClick: () => onPress() };
  return (
    <button
      {...props}
      {...press}
      type={isPending ? 'button' : type}
      disabled={isDisabled}
      className={variant === 'secondary' ? ui.button : `${ui.button} ${ui[variant]}`}
      data-pending={isPending || undefined}
    />
  );
}
