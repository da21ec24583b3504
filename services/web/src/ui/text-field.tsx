import type { HTMLInputTypeAttribute } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';
import { ui } from './styles';

interface TextFieldProps extends AriaTextFieldProps {
  label: string;
  description?: string;
  type?: Exclude<HTMLInputTypeAttribute, 'file'> & AriaTextFieldProps['type'];
}

export function TextField({ label, description, ...props }: TextFieldProps) {
  return (
    <AriaTextField {...props} className={ui.field}>
      <Label>{label}</Label>
      <Input className={ui.input} />
      {description !== undefined && (
        <Text slot="description" className={ui.note}>
          {description}
        </Text>
      )}
      <FieldError className={ui.fieldError} />
    </AriaTextField>
  );
}
