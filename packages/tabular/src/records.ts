import { normalizeName, plainText } from '@cytoqueue/schema';
import type { ColumnRoles } from './recognizer';

/**
 * Words of summary rows (totals, means) without accents, and of pandas' `describe`: English, German, French, Spanish,
 * Italian, Portuguese, Dutch, Scandinavian, Polish, Czech, Slovak, Hungarian, Romanian, Turkish, Finnish, Russian,
 * Ukrainian, Greek, Chinese, Japanese and Korean.
 */
const SUMMARY_WORDS = new Set(
  [
    'min minimum lowest lowest_value minimalwert minimo massimo max maximum highest highest_value maximalwert maximo',
    'mean average avg mittel mittelwert durchschnitt durchschnittswert moyenne media promedio gemiddelde',
    'medelvarde medel gennemsnit gjennomsnitt srednia',
    'median mediane mediana mediaan',
    'total totals sum subtotal grand_total summe gesamt gesamtsumme gesamtergebnis insgesamt zwischensumme spaltensumme',
    'somme suma soma somma totale totaal som summa razem',
    'sd s_d std stdev std_dev stddev standard_deviation standardabweichung std_abw stdabw stabw ecart_type',
    'desviacion_estandar desviacion_tipica desv_est desvio_padrao deviazione_standard',
    'standaarddeviatie standaardafwijking standardavvikelse standardafvigelse odchylenie_standardowe',
    'std_error standard_error standardfehler stdev_p stdev_s',
    'celkem celkom soucet prumer priemer osszesen atlag medie toplam ortalama yhteensa keskiarvo mediaani',
    'keskihajonta итого всего сумма среднее среднии медиана минимум максимум разом усього середне',
    'συνολο αθροισμα μεσος_ορος διαμεσος 合計 合计 总计 總計 小計 小计 平均 平均值 平均値 均值 中央値 中位数 标准差 標準偏差',
    '最小値 最小值 最大値 最大值 합계 총계 평균 중앙값 표준편차',
    'variance varianz varianza variancia 25% 50% 75% 1st_qu 3rd_qu',
  ].flatMap((words) => words.split(' ')),
);
/** Further ones that count only in the identifier's column. */
const IDENTIFIER_WORDS = new Set([
  ...SUMMARY_WORDS,
  ...'n count anzahl range spannweite var mode q1 q3 low high lower upper scale skala all overall ø σ μ'.split(' '),
  ...'normal_range reference_range ref_range referenzbereich normbereich'.split(' '),
  ...'reference_values normal_values referenzwerte normalwerte sollwert sollwerte'.split(' '),
]);
/** Words that may stand beside these: "Mean value", "Total général". */
const QUALIFIERS = new Set(['value', 'values', 'grand', 'general', 'generale', 'column', 'row', 'arithmetic']);
/** In a column of names these are names of people. */
const GIVEN_NAMES = new Set(['max', 'min', 'sum', 'suma', 'som', 'mittel', 'media']);
const NAME_COLUMN = /name|nom$|vorname|surname|patient/;

/** Whether every cell is blank; invisible characters count as blank. */
export function isBlank(cells: readonly string[]): boolean {
  for (const cell of cells) if (cell !== '' && plainText(cell) !== '') return false;
  return true;
}

/**
 * Explains how a row's own cells show that it is no patient's record; undefined for every other row. A summary word
 * counts in the column of the identifier; where that is blank, in any other text cell; without such a column, in the
 * first text column.
 */
export function whyNoRecord(
  cells: readonly string[],
  roles: ColumnRoles,
  columns: readonly string[],
): string | undefined {
  if (holdsColumnNumbers(cells, roles)) return 'the cells are the numbers of the columns';
  const id = roles.id >= 0 ? plainText(cells[roles.id] ?? '') : '';
  if (id !== '') return isAmong(IDENTIFIER_WORDS, id) ? summary(id) : undefined;
  for (const [column, cell] of cells.entries()) {
    if (column === roles.id || roles.features.includes(column)) continue;
    const text = plainText(cell);
    const isGivenName = GIVEN_NAMES.has(normalizeName(text)) && NAME_COLUMN.test(normalizeName(columns[column] ?? ''));
    if (isAmong(SUMMARY_WORDS, text) && !isGivenName) return `${summary(text)}, and it has no identifier`;
    if (roles.id < 0) return undefined;
  }
  return undefined;
}

/** Whether the text, in the column of the identifier or the first text column, can name a row that sums others up. */
export function isNameOfSummary(text: string): boolean {
  return isAmong(IDENTIFIER_WORDS, plainText(text));
}

function summary(text: string): string {
  return `${JSON.stringify(text)} names a row that sums others up`;
}

/** How words begin that may name a summary row: most texts begin otherwise, and cost no more than this look. */
const BEGINNINGS = new Set([...IDENTIFIER_WORDS, ...QUALIFIERS].map((word) => word.slice(0, 3)));
const BEGINS_WITH_WORD = /^[A-Za-z0-9]{3}/;

function isAmong(words: ReadonlySet<string>, text: string): boolean {
  // Nearly every identifier ends with a digit; of the words only those of two characters do.
  if (text === '' || text.length > MAX_WORD || (text.length > 2 && /\d$/.test(text))) return false;
  if (BEGINS_WITH_WORD.test(text) && !BEGINNINGS.has(text.slice(0, 3).toLowerCase())) return false;
  const name = withoutAccents(normalizeName(text.replace(/\s*[([].*$/, '').replace(/[:.=)\s]+$/, '')));
  if (words.has(name)) return true;
  const parts = name.split(/[^\p{L}\p{N}%]+/u);
  return (
    parts.length > 1 &&
    parts.some((part) => words.has(part)) &&
    parts.every((part) => words.has(part) || QUALIFIERS.has(part))
  );
}

function withoutAccents(text: string): string {
  return /^[ -~]*$/.test(text) ? text : text.normalize('NFD').replace(/\p{M}/gu, '').normalize();
}

const MAX_WORD = 30;

/**
 * Whether every feature's cell has its column number (from 0 or 1), or the features of a row without identifier count
 * 1, 2, 3 …
 */
function holdsColumnNumbers(cells: readonly string[], { features, id }: ColumnRoles): boolean {
  const [firstFeature = -1] = features;
  const offset = Number(cells[firstFeature]) - firstFeature;
  const hasNoId = id < 0 || cells[id]?.trim() === '';
  if (offset !== 0 && offset !== 1 && !(id >= 0 && hasNoId)) return false;
  const holds = (column: number, number: number) => column >= 0 && cells[column]?.trim() === String(number);
  if ((offset === 0 || offset === 1) && features.every((column) => holds(column, column + offset)))
    return hasNoId || holds(id, id + offset);
  return id >= 0 && hasNoId && features.toSorted((a, b) => a - b).every((column, index) => holds(column, index + 1));
}
