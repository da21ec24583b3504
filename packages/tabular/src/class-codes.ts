import { type Schema, parseLabel } from '@cytoqueue/schema';
import type { RowPlace } from './identifiers';
import type { ImportLog } from './report';

/** Rows whose class is looked at: a limit for time, the same whether a file is imported or plain. */
const CHECKED_ROWS = 10_000;
const AMBIGUOUS_CODE = /^[01](\.0+)?$/;
/** A class column has few texts. */
const MAX_KNOWN_CELLS = 100;

/**
 * Warns once about a class column of 0 and 1, whose meaning differs between copies of the data unless the schema says
 * it.
 */
export class ClassCodeCheck {
  private checked = 0;
  /** Cells that are no ambiguous code. */
  private readonly knownCells = new Set<string>();

  constructor(
    private readonly log: ImportLog,
    private readonly schema: Schema,
    private readonly column: string | undefined,
  ) {}

  /** Whether `check` still looks at rows. */
  get isChecking(): boolean {
    return this.checked < CHECKED_ROWS;
  }

  check(cell: string, place: RowPlace): void {
    if (!this.isChecking) return;
    this.checked++;
    if (this.knownCells.has(cell)) return;
    const code = cell.trim();
    if (!AMBIGUOUS_CODE.test(code) || parseLabel(code, this.schema) !== undefined) {
      if (this.knownCells.size < MAX_KNOWN_CELLS) this.knownCells.add(cell);
      return;
    }
    this.checked = CHECKED_ROWS;
    const [negative, positive] = this.schema.labels;
    const spellings = this.schema.labelTokens.map((tokens) => tokens.join(', ')).join(' or ');
    const detail = `The class "${code}" means ${negative} in some copies of such data and ${positive} in others, so such rows are not compared with the model; write ${spellings}.`;
    this.log.warn({ code: 'ambiguous-class-codes', detail, ...place, column: this.column });
  }
}
