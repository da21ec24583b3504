import type { ImportReport } from '@cytoqueue/client';
import { pluralize } from '../../ui/format';
import { TEXTS } from './texts';

export function delimiterLabel(delimiter: string): string {
  return TEXTS.delimiters[delimiter] ?? delimiter;
}

/** An unknown code is shown as it is. */
export function warningLabel(code: string): string {
  return TEXTS.warnings[code] ?? code.replaceAll(/[-_]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}

/** `2 title lines, 1 second header row`; empty when no row was skipped. */
export function skippedRowsText(skipped: ImportReport['skipped_rows']): string {
  const kinds = ['title', 'second_header', 'repeated_header', 'empty'] as const;
  return kinds
    .filter((kind) => skipped[kind] > 0)
    .map((kind) => pluralize(skipped[kind], TEXTS.skippedRows[kind]))
    .join(', ');
}
