import type { ComponentProps } from 'react';
import { SelectField } from '../ui/select-field';
import { TEXTS } from './texts';

interface OperatingPointFieldProps extends Omit<ComponentProps<typeof SelectField>, 'label' | 'children'> {
  /** Class that the threshold is for. */
  positive: string;
  /** Text of an empty choice, such as the laboratory's setting. */
  unset?: string;
}

/** Choice of a threshold. */
export function OperatingPointField({ positive, unset, ...field }: OperatingPointFieldProps) {
  return (
    <SelectField {...field} label={TEXTS.modelSummary.threshold(positive)}>
      {unset !== undefined && <option value="">{unset}</option>}
      <option value="default">{TEXTS.operatingPoints.default}</option>
      <option value="sensitivity99">{TEXTS.operatingPoints.sensitivity99(positive)}</option>
    </SelectField>
  );
}
