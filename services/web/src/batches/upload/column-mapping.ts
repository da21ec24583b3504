import type { ImportProfile, Preflight } from '@cytoqueue/client';

export type Column = Preflight['columns'][number];

/** Canonical feature name, `id` or `label`; `carried` = not used. */
export type ColumnUse = string;

/** Column index → use that was chosen by hand. */
export type ColumnChoices = Readonly<Record<number, ColumnUse>>;

export const NOT_USED = 'carried';

/** Why the choices cannot be saved. */
export interface MappingFaults {
  /** Uses that more than one column has. */
  repeated: ColumnUse[];
  /** Features without a column. */
  missing: string[];
}

/** The column's use by its name or by the profile; undefined for a column that is only passed through. */
function recognizedUse({ used_as, feature }: Column): ColumnUse | undefined {
  return used_as === 'feature' ? feature : used_as === 'carried' ? undefined : used_as;
}

/** Whether the column's use is chosen by hand: it was not recognised, is mapped by the profile, or competes with another column. */
export function isChosenByHand(column: Column, columns: readonly Column[]): boolean {
  if (column.column === '') return false;
  const use = recognizedUse(column);
  if (use === undefined || column.matched_by === 'profile') return true;
  return columns.filter((other) => recognizedUse(other) === use).length > 1;
}

/** The use of a column with the choices made so far. Columns that compete for one feature have none until one is chosen. */
export function columnUse(index: number, columns: readonly Column[], choices: ColumnChoices): ColumnUse | undefined {
  const column = columns[index];
  if (column === undefined) return undefined;
  const choice = choices[index];
  if (choice !== undefined) return choice;
  const use = recognizedUse(column);
  const competes = column.matched_by !== 'profile' && isChosenByHand(column, columns);
  return competes ? undefined : use;
}

export function findMappingFaults(
  columns: readonly Column[],
  choices: ColumnChoices,
  features: readonly string[],
): MappingFaults {
  const uses = columns.map((_, index) => columnUse(index, columns, choices)).filter((use) => use !== undefined);
  const repeated = uses.filter((use, index) => use !== NOT_USED && uses.indexOf(use) !== index);
  return { repeated: [...new Set(repeated)], missing: features.filter((feature) => !uses.includes(feature)) };
}

/** Adds the choices to a profile. Its mapping of columns that this file does not have stays, unless their use was given to another. */
export function addToProfile(
  profile: ImportProfile,
  columns: readonly Column[],
  choices: ColumnChoices,
): ImportProfile {
  const mapping = { ...profile.columns };
  for (const [index, use] of Object.entries(choices)) {
    const { column } = columns[Number(index)] ?? { column: '' };
    for (const [earlierUse, name] of Object.entries(mapping)) if (isSame(name, column)) delete mapping[earlierUse];
    if (use !== NOT_USED) mapping[use] = column;
  }
  const { columns: _columns, ...others } = profile;
  return Object.keys(mapping).length === 0 ? others : { ...others, columns: mapping };
}

function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
