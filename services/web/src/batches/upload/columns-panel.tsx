import type { Feature, Preflight } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { formatCount } from '../../ui/format';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { featureTitle } from '../../predictions/result/feature-titles';
import { type Column, type ColumnChoices, NOT_USED, type ColumnUse, isChosenByHand, columnUse } from './column-mapping';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface ColumnsPanelProps {
  report: Preflight;
  features: readonly Feature[];
  choices: ColumnChoices;
  onChoose: (index: number, use: ColumnUse | undefined) => void;
  /** The form that saves the choices. */
  children: ReactNode;
}

/** Lists every column and its use. The use of a column that was not recognised is chosen here, never guessed. */
export function ColumnsPanel({ report, features, choices, onChoose, children }: ColumnsPanelProps) {
  const { columns, missing_by_feature: missing } = report;
  const uses = columns.map((_, index) => columnUse(index, columns, choices));
  return (
    <Panel title={TEXTS.columnsPanel.title} lead={columnsLead(columns, features)}>
      {uses.includes(undefined) && !uses.includes('id') && (
        <Notice tone="warning">
          <p>{TEXTS.columnsPanel.noReference}</p>
        </Notice>
      )}
      <TableScroll label={TEXTS.columnsPanel.title}>
        <table className={`${ui.list} ${ui.compact} ${ui.cards}`}>
          <thead>
            <tr>
              <th scope="col">{TEXTS.columnsPanel.column}</th>
              <th scope="col">{TEXTS.columnsPanel.use}</th>
              <th scope="col">{TEXTS.columnsPanel.matchedBy}</th>
              <th scope="col" className={ui.number}>
                {TEXTS.columnsPanel.notMeasured}
              </th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column, index) => (
              // Columns that are only passed through may share a name.
              <tr key={index} data-open={isOpen(index, columns, choices) || undefined}>
                <th scope="row" translate="no">
                  {column.column === '' ? (
                    <span className={`${ui.muted} ${ui.aside}`}>{TEXTS.columnsPanel.noName}</span>
                  ) : (
                    column.column
                  )}
                </th>
                <td data-label={TEXTS.columnsPanel.use}>
                  {isChosenByHand(column, columns) ? (
                    <UseSelect
                      column={column}
                      use={columnUse(index, columns, choices)}
                      isUnresolved={!report.accepted}
                      features={features}
                      onChoose={(use) => onChoose(index, use)}
                    />
                  ) : (
                    <UseText column={column} features={features} />
                  )}
                </td>
                <td data-label={TEXTS.columnsPanel.matchedBy} className={ui.note}>
                  {choices[index] === undefined ? matchedByText(column) : TEXTS.columnsPanel.byChoice}
                </td>
                <td data-label={TEXTS.columnsPanel.notMeasured} className={ui.number} translate="no">
                  {column.feature !== undefined && formatCount(missing[column.feature] ?? 0)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {children}
    </Panel>
  );
}

/** Whether a column with a suggestion waits for a choice. */
function isOpen(index: number, columns: readonly Column[], choices: ColumnChoices): boolean {
  return columns[index]?.suggestion !== undefined && columnUse(index, columns, choices) === undefined;
}

function columnsLead(columns: readonly Column[], features: readonly Feature[]): string {
  const matched = new Set(columns.flatMap(({ feature }) => feature ?? []));
  return TEXTS.columnsPanel.lead(columns.length, matched.size, features.length);
}

function matchedByText({ used_as, matched_by }: Column): string {
  if (used_as === 'carried') return '–';
  return (
    { alias: TEXTS.columnsPanel.byAlias, profile: TEXTS.columnsPanel.byProfile }[matched_by ?? ''] ??
    TEXTS.columnsPanel.byName
  );
}

function UseText({ column: { used_as, feature }, features }: { column: Column; features: readonly Feature[] }) {
  if (used_as === 'feature') return <strong>{featureTitle(feature ?? '', features)}</strong>;
  return used_as === 'carried' ? (
    <span className={ui.muted}>{TEXTS.columnsPanel.passedThrough}</span>
  ) : (
    <strong>{TEXTS.columnsPanel.otherUses[used_as]}</strong>
  );
}

interface UseSelectProps {
  column: Column;
  use: ColumnUse | undefined;
  /** Whether the file cannot be accepted as it is. */
  isUnresolved: boolean;
  features: readonly Feature[];
  onChoose: (use: ColumnUse | undefined) => void;
}

function UseSelect({ column, use, isUnresolved, features, onChoose }: UseSelectProps) {
  const { suggestion } = column;
  return (
    <>
      <select
        className={`${ui.input} ${ui.smallControl}`}
        aria-label={TEXTS.columnsPanel.useOf(column.column)}
        value={use ?? ''}
        onChange={({ target }) => onChoose(target.value === '' ? undefined : target.value)}
      >
        <option value="">{isUnresolved ? TEXTS.columnsPanel.choose : TEXTS.columnsPanel.keep}</option>
        <optgroup label={TEXTS.columnsPanel.feature}>
          {features.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </optgroup>
        <optgroup label={TEXTS.columnsPanel.otherUse}>
          <option value="id">{TEXTS.columnsPanel.otherUses.id}</option>
          <option value="label">{TEXTS.columnsPanel.otherUses.label}</option>
          {(isUnresolved || column.matched_by === 'profile') && (
            <option value={NOT_USED}>{TEXTS.columnsPanel.notUsed}</option>
          )}
        </optgroup>
      </select>
      {suggestion !== undefined && use === undefined && (
        <>
          {' '}
          <button type="button" className={`${ui.linkButton} ${ui.small}`} onClick={() => onChoose(suggestion)}>
            {TEXTS.columnsPanel.suggestion(featureTitle(suggestion, features))}
          </button>
        </>
      )}
    </>
  );
}
