import { type Label, type Schema, parseLabel } from '@cytoqueue/schema';
import type { ImportLog } from './report';

/** Rows whose identifiers are compared with each other: a limit for time and memory. */
const COMPARED_IDENTIFIERS = 10_000;
/** A class column has few texts. */
const MAX_KNOWN_LABELS = 100;

const SCIENTIFIC = /^\d([.,]\d+)?e\+\d{2}$/i;
/** Spreadsheets keep fifteen digits of a number, other programs up to seventeen. */
const BEYOND_PRECISION = /^\d{15}0+$|^\d{16,17}0{2,}$/;

export interface RowPlace {
  row: number;
  line?: number;
}

/** Whether a spreadsheet has rounded the identifier, so that it may stand for several patients. */
export function isRounded(id: string): boolean {
  return SCIENTIFIC.test(id) || BEYOND_PRECISION.test(id);
}

/** Warns about identifiers that a spreadsheet rounded, and about one identifier with both classes. */
export class IdentifierChecks {
  /** Identifier → its first row, negative where that row is malignant. */
  private readonly seen = new Map<string, number>();
  private compared = 0;
  /** Cells of the class column, and the class of each. */
  private readonly knownLabels = new Map<string, Label | undefined>();

  constructor(
    private readonly log: ImportLog,
    private readonly schema: Schema,
    private readonly column: string | undefined,
  ) {}

  /** Whether `compare` still looks at rows. */
  get isComparing(): boolean {
    return this.compared < COMPARED_IDENTIFIERS;
  }

  checkRounded(id: string, place: RowPlace): void {
    if (!isRounded(id)) return;
    this.log.warn({
      code: 'rounded-identifier',
      detail: 'A spreadsheet has rounded the identifier; it may stand for several patients.',
      ...place,
      column: this.column,
    });
  }

  compare(id: string, labelCell: string, place: RowPlace): void {
    if (!this.isComparing) return;
    this.compared++;
    const label = id === '' ? undefined : this.readLabel(labelCell);
    if (label === undefined) return;
    const earlier = this.seen.get(id);
    if (earlier === undefined) this.seen.set(id, label === 0 ? place.row : -place.row);
    else if (earlier > 0 !== (label === 0)) {
      const detail = `Rows ${Math.abs(earlier)} and ${place.row} have the same identifier and different classes.`;
      this.log.warn({ code: 'identifier-with-both-classes', detail, ...place, column: this.column });
    }
  }

  private readLabel(cell: string): Label | undefined {
    const { knownLabels } = this;
    let label = knownLabels.get(cell);
    if (label !== undefined || knownLabels.has(cell)) return label;
    label = parseLabel(cell, this.schema);
    if (knownLabels.size < MAX_KNOWN_LABELS) knownLabels.set(cell, label);
    return label;
  }
}
