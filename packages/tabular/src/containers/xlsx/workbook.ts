import { TabularError } from '../../error';
import type { ImportWarning } from '../../report';
import type { RowSource, SourceRow } from '../../source';
import type { ExpansionLimit } from '../expansion-limit';
import { chooseSheet, type SheetSummary } from '../sheet-choice';
import { localName, parseWholeXml, type XmlAttributes, type XmlHandler } from '../xml';
import type { ZipArchive, ZipMember } from '../zip-archive';
import { DateStyles } from './number-formats';
import { SharedStrings } from './shared-strings';
import { readSheet, type SheetContext } from './sheet';

interface Sheet extends SheetSummary {
  relation: string;
}

interface Relation {
  /** Last word of its type, which is the same in transitional and strict files. */
  type: string;
  target: string;
}

/** The part that leads to all others; its presence tells an .xlsx from other zip files. */
export function findWorkbookPart(archive: ZipArchive): ZipMember | undefined {
  return archive.find('xl/workbook.xml');
}

/** Reads one sheet of an .xlsx workbook from ranges of the file. */
export async function openXlsx(
  archive: ZipArchive,
  part: ZipMember,
  limit: ExpansionLimit,
  sheetName?: string,
): Promise<RowSource> {
  const workbook = new WorkbookHandler();
  await parseWholeXml(archive.read(part, limit), workbook);
  const relations = await readRelations(archive, limit);
  const sheets = workbook.sheets.filter(({ relation }) => relations.get(relation)?.type === 'worksheet');
  const warnings: ImportWarning[] = [];
  const context: SheetContext = {
    strings: undefined,
    styles: undefined,
    since1904: workbook.since1904,
    recalculates: workbook.recalculates,
    warnings,
  };
  const strings = memberOf(archive, relations, 'sharedStrings');
  if (strings !== undefined) context.strings = await SharedStrings.read(archive.read(strings, limit));
  const styles = memberOf(archive, relations, 'styles');
  if (styles !== undefined) context.styles = await DateStyles.read(archive.read(styles, limit));
  const rowsOf = (sheet: Sheet, to: SheetContext): AsyncIterable<SourceRow> =>
    readSheet(archive.read(sheetPart(archive, relations, sheet), limit), to);
  const sheet = await chooseSheet(sheets, sheetName, (candidate) =>
    hasRows(rowsOf(candidate, { ...context, warnings: [] })),
  );
  return { kind: 'rows', container: 'xlsx', sheet: sheet.name, rows: rowsOf(sheet, context), warnings };
}

async function hasRows(rows: AsyncIterable<SourceRow>): Promise<boolean> {
  for await (const { cells, fault } of rows)
    if (fault !== undefined || cells.some((cell) => cell.trim() !== '')) return true;
  return false;
}

class WorkbookHandler implements XmlHandler {
  readonly sheets: Sheet[] = [];
  since1904 = false;
  recalculates = false;

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'workbookPr') this.since1904 = isTrue(attributes['date1904']);
    else if (name === 'calcPr') this.recalculates = isTrue(attributes['fullCalcOnLoad']);
    else if (name === 'sheet') {
      const relation =
        Object.entries(attributes).find(
          ([attribute]) => attribute.includes(':') && localName(attribute) === 'id',
        )?.[1] ?? '';
      this.sheets.push({
        name: attributes['name'] ?? '',
        hidden: (attributes['state'] ?? 'visible') !== 'visible',
        relation,
      });
    }
  }
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

async function readRelations(archive: ZipArchive, limit: ExpansionLimit): Promise<Map<string, Relation>> {
  const relations = new Map<string, Relation>();
  const part = archive.find('xl/_rels/workbook.xml.rels');
  if (part === undefined)
    throw new TabularError(
      'damaged-file',
      'The workbook lacks the list of its parts. Save it again in Excel or LibreOffice.',
    );
  await parseWholeXml(archive.read(part, limit), {
    open: (name, attributes) => {
      if (name !== 'Relationship') return;
      const type = (attributes['Type'] ?? '').split('/').at(-1) as string;
      relations.set(attributes['Id'] ?? '', { type, target: attributes['Target'] ?? '' });
    },
  });
  return relations;
}

/** Undefined where the workbook has no such part. Without one that it names, numbers would be read for dates. */
function memberOf(archive: ZipArchive, relations: ReadonlyMap<string, Relation>, type: string): ZipMember | undefined {
  const relation = [...relations.values()].find((candidate) => candidate.type === type);
  if (relation === undefined) return undefined;
  const member = archive.find(partName(relation.target));
  if (member === undefined)
    throw new TabularError(
      'damaged-file',
      `The workbook lacks its part "${type}". Save it again in Excel or LibreOffice.`,
    );
  return member;
}

function sheetPart(archive: ZipArchive, relations: ReadonlyMap<string, Relation>, sheet: Sheet): ZipMember {
  const member = archive.find(partName(relations.get(sheet.relation)?.target ?? ''));
  if (member === undefined)
    throw new TabularError(
      'damaged-file',
      `The workbook lacks its sheet "${sheet.name}". Save it again in Excel or LibreOffice.`,
    );
  return member;
}

/** Targets are relative to `xl/` unless they begin with a slash. */
function partName(target: string): string {
  return new URL(target, 'zip:///xl/workbook.xml').pathname;
}
