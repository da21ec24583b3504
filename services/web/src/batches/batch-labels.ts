import type { BatchStatus } from '@cytoqueue/client';
import { TEXTS } from './texts';

export const STATUS_LABELS: Readonly<Record<BatchStatus, string>> = TEXTS.status;

/** An unknown code is shown as it is. */
export function errorLabel(code: string): string {
  return TEXTS.rowErrors[code] ?? code.replaceAll(/[-_]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}
