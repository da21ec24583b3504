import type { OperatingPoint } from '@cytoqueue/client';
import { TEXTS } from './texts';

/** @param positive class of the model */
export function operatingPointLabels(positive: string): Readonly<Record<OperatingPoint, string>> {
  return {
    default: TEXTS.operatingPoints.default,
    sensitivity99: TEXTS.operatingPoints.sensitivity99(positive),
  };
}
