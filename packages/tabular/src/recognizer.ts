import { type Schema, featureAt, isNamedAs, matchFeature, normalizeName } from '@cytoqueue/schema';
import type { ImportProfile } from './settings';

/** The columns of features, identifier and class in a file. */
export interface ColumnRoles {
  /** Feature index → column index, -1 where no column was recognised. */
  features: number[];
  id: number;
  label: number;
}

const MAX_KNOWN = 10_000;
const LETTER = /\p{L}/u;

/** Recognises column names by the import profile, else by the schema. */
export class Recognizer {
  readonly featureCount: number;
  private readonly mapped = new Map<string, string>();
  private readonly featureIndex: ReadonlyMap<string, number>;

  constructor(
    private readonly schema: Schema,
    profile: ImportProfile = {},
  ) {
    this.featureCount = schema.features.length;
    this.featureIndex = new Map(schema.features.map(({ name }, index) => [name, index]));
    for (const [meaning, column] of Object.entries(profile.columns ?? {}))
      this.mapped.set(normalizeName(column), meaning);
  }

  /**
   * Number of features among the names: distinguishes a header from other rows, and the right delimiter from others.
   */
  score(cells: readonly string[]): number {
    return this.roles(cells).features.filter((column) => column >= 0).length;
  }

  /** Whether the cells are names of this file's columns, enough of them to be a header. */
  isHeader(cells: readonly string[]): boolean {
    return this.score(cells) >= Math.max(2, Math.ceil(this.featureCount / 2));
  }

  roles(cells: readonly string[]): ColumnRoles {
    const meanings = cells.map((cell) => this.meaning(cell));
    return {
      features: Array.from({ length: this.featureCount }, (_, feature) => meanings.indexOf(feature)),
      id: meanings.indexOf('id'),
      label: meanings.indexOf('label'),
    };
  }

  /** Caches results, because the same texts recur: names, grades. */
  private readonly known = new Map<string, number | 'id' | 'label' | undefined>();

  /** @returns a feature's index, `id`, `label`, or undefined for a column that is only repeated in the results */
  meaning(cell: string): number | 'id' | 'label' | undefined {
    if (this.known.has(cell)) return this.known.get(cell);
    const meaning = this.recognize(cell);
    if (this.known.size < MAX_KNOWN) this.known.set(cell, meaning);
    return meaning;
  }

  private recognize(cell: string): number | 'id' | 'label' | undefined {
    // Cells of numbers are no names but those that a profile gives; folding thousands of them would block other
    // requests.
    const hasLetter = LETTER.test(cell);
    if (!hasLetter && this.mapped.size === 0) return undefined;
    const folded = normalizeName(cell);
    const mapped = this.mapped.get(folded);
    if (mapped === 'id' || mapped === 'label') return mapped;
    if (mapped !== undefined) return this.featureIndex.get(mapped);
    if (!hasLetter) return undefined;
    const featureIndex = matchFeature(cell, this.schema)?.featureIndex;
    if (featureIndex !== undefined)
      return this.isMapped(featureAt(this.schema, featureIndex).name) ? undefined : featureIndex;
    if (isNamedAs(cell, this.schema.idColumns)) return this.isMapped('id') ? undefined : 'id';
    if (isNamedAs(cell, this.schema.labelColumns)) return this.isMapped('label') ? undefined : 'label';
    return undefined;
  }

  private isMapped(meaning: string): boolean {
    for (const other of this.mapped.values()) if (other === meaning) return true;
    return false;
  }
}
