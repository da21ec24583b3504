import type { Feature, Preflight } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { featureTitle } from '../../predictions/result/feature-titles';
import { type Column, type ColumnChoices, NOT_USED, type ColumnUse, isChosenByHand, columnUse } from './column-mapping';

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
  return (
    <Panel title="Columns" lead={columnsLead(columns, features)}>
      <TableScroll label="Columns">
        <table className="list compact cards">
          <thead>
            <tr>
              <th scope="col">Column of the file</th>
              <th scope="col">Interpreted as</th>
              <th scope="col">Matched by</th>
              <th scope="col" className="number">
                Not measured
              </th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column, index) => (
              // Columns that are only passed through may share a name.
              <tr key={index} data-open={isOpen(index, columns, choices) || undefined}>
                <th scope="row" translate="no">
                  {column.column === '' ? <span className="muted">(no name)</span> : column.column}
                </th>
                <td data-label="Interpreted as">
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
                <td data-label="Matched by" className="small muted">
                  {choices[index] === undefined ? matchedByText(column) : 'chosen now'}
                </td>
                <td data-label="Not measured" className="number" translate="no">
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
  return `${columns.length === 1 ? '1 column' : `${formatCount(columns.length)} columns`}: ${matched.size} of ${features.length} features matched.`;
}

function matchedByText({ used_as, matched_by }: Column): string {
  if (used_as === 'carried') return '–';
  return { alias: 'known other name', profile: 'import profile' }[matched_by ?? ''] ?? 'name';
}

const OTHER_USES = { id: 'Reference of the patient or sample', label: 'Class column, never used for scoring' };

function UseText({ column: { used_as, feature }, features }: { column: Column; features: readonly Feature[] }) {
  if (used_as === 'feature') return <strong>{featureTitle(feature ?? '', features)}</strong>;
  return used_as === 'carried' ? (
    <span className="muted">passed through unchanged</span>
  ) : (
    <strong>{OTHER_USES[used_as]}</strong>
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
        className="input small-control"
        aria-label={`Use of column ${column.column}`}
        value={use ?? ''}
        onChange={({ target }) => onChoose(target.value === '' ? undefined : target.value)}
      >
        <option value="">{isUnresolved ? 'Choose …' : 'Passed through unchanged'}</option>
        <optgroup label="Feature">
          {features.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </optgroup>
        <optgroup label="Other use">
          <option value="id">{OTHER_USES.id}</option>
          <option value="label">{OTHER_USES.label}</option>
          {(isUnresolved || column.matched_by === 'profile') && (
            <option value={NOT_USED}>Not used, passed through unchanged</option>
          )}
        </optgroup>
      </select>
      {suggestion !== undefined && use === undefined && (
        <button type="button" className="link-button small" onClick={() => onChoose(suggestion)}>
          Use as {featureTitle(suggestion, features)} (nearest name)
        </button>
      )}
    </>
  );
}
