import type { Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';

export interface ButtonProps extends AriaButtonProps {
  ref?: Ref<HTMLButtonElement>;
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
}

export function Button({ variant = 'secondary', ref, ...props }: ButtonProps) {
  return <AriaButton {...props} ref={ref ?? null} className={`button ${variant}`} />;
}
