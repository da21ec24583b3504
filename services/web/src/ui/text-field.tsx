import type { HTMLInputTypeAttribute } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';

interface TextFieldProps extends AriaTextFieldProps {
  label: string;
  description?: string;
  type?: Exclude<HTMLInputTypeAttribute, 'file'> & AriaTextFieldProps['type'];
}

export function TextField({ label, description, ...props }: TextFieldProps) {
  return (
    <AriaTextField {...props} className="field">
      <Label>{label}</Label>
      <Input className="input" />
      {description !== undefined && (
        <Text slot="description" className="small muted">
          {description}
        </Text>
      )}
      <FieldError className="field-error" />
    </AriaTextField>
  );
}
