import type { RowPlace } from './identifiers';
import type { ImportLog } from './report';

/** Rows whose class is looked at: a limit for time, the same whether a file is imported or plain. */
const CHECKED_ROWS = 10_000;
const AMBIGUOUS_CODE = /^[01](\.0+)?$/;

/** Warns once about a class column of 0 and 1, whose meaning differs between published copies of the data. */
export class ClassCodeCheck {
  private checked = 0;

  constructor(
    private readonly log: ImportLog,
    private readonly column: string | undefined,
  ) {}

  /** Whether `check` still looks at rows. */
  get isChecking(): boolean {
    return this.checked < CHECKED_ROWS;
  }

  check(cell: string, place: RowPlace): void {
    if (!this.isChecking) return;
    this.checked++;
    const code = cell.trim();
    if (!AMBIGUOUS_CODE.test(code)) return;
    this.checked = CHECKED_ROWS;
    const detail = `The class "${code}" means benign in some published copies of the data and malignant in others, so such rows are not compared with the model; write 2 and 4, B and M, or benign and malignant.`;
    this.log.warn({ code: 'ambiguous-class-codes', detail, ...place, column: this.column });
  }
}
