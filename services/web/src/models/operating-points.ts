import type { OperatingPoint } from '@cytoqueue/client';

export const OPERATING_POINT_LABELS: Readonly<Record<OperatingPoint, string>> = {
  default: 'At 50 % probability',
  sensitivity99: 'Cautious: where 99 % of the malignant training cases were found',
};
