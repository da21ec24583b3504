import type { OperatingPoint } from '@cytoqueue/client';

/** @param positive class of the model */
export function operatingPointLabels(positive: string): Readonly<Record<OperatingPoint, string>> {
  return {
    default: 'At 50 % probability',
    sensitivity99: `Cautious: where 99 % of the ${positive} training cases were found`,
  };
}
