import { DataTable } from '../../ui/data-table';
import { Panel } from '../../ui/panel';
import { TextField } from '../../ui/text-field';
import { type FeatureChoice, MAX_FEATURES } from './own-schema';
import { type FeatureRow, type FileFacts, type TrainingDraft, featureRows } from './training-draft';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface FeaturesPanelProps {
  draft: TrainingDraft;
  facts: FileFacts;
  /** Whether all rows of the file were read. */
  isComplete: boolean;
  onChange: (part: Partial<TrainingDraft>) => void;
}

const MAX_SHOWN_TEXTS = 3;

/** The numeric columns of the file: which of them are features, and which values these can have. */
export function FeaturesPanel({ draft, facts, isComplete, onChange }: FeaturesPanelProps) {
  const rows = featureRows(draft, facts);
  const chosen = rows.filter(({ isChosen }) => isChosen).length;
  const choose = (column: string, part: Partial<FeatureChoice>): void =>
    onChange({ features: { ...draft.features, [column]: { ...draft.features[column], ...part } } });
  return (
    <Panel title={TEXTS.featuresPanel.title} lead={TEXTS.featuresPanel.lead}>
      {!isComplete && <p className={ui.small}>{TEXTS.featuresPanel.isCut}</p>}
      <div className={`${ui.fields} ${ui.wideFields}`}>
        <TextField
          label={TEXTS.featuresPanel.missing}
          description={TEXTS.featuresPanel.missingHelp}
          value={draft.missing}
          onChange={(missing) => onChange({ missing })}
          autoComplete="off"
        />
      </div>
      {rows.length === 0 ? (
        <p className={ui.empty}>{TEXTS.featuresPanel.empty}</p>
      ) : (
        <FeatureTable rows={rows} onChoose={choose} />
      )}
      <p className={ui.note}>{TEXTS.featuresPanel.chosen(chosen, rows.length, MAX_FEATURES)}</p>
    </Panel>
  );
}

interface FeatureTableProps {
  rows: readonly FeatureRow[];
  onChoose: (column: string, part: Partial<FeatureChoice>) => void;
}

function FeatureTable({ rows, onChoose }: FeatureTableProps) {
  const limit = (row: FeatureRow, member: 'min' | 'max', label: string) => (
    <input
      className={`${ui.input} ${ui.smallControl}`}
      type="number"
      step="any"
      aria-label={label}
      value={row[member]}
      disabled={!row.isChosen}
      onChange={({ target }) => onChoose(row.column, { [member]: target.value })}
    />
  );
  return (
    <DataTable
      label={TEXTS.featuresPanel.title}
      rows={rows}
      rowKey={({ column }) => column}
      columns={[
        {
          title: TEXTS.featuresPanel.column,
          cell: (row) => (
            <>
              <label className={ui.choice} translate="no">
                <input
                  type="checkbox"
                  checked={row.isChosen}
                  onChange={({ target }) => onChoose(row.column, { isChosen: target.checked })}
                />
                {row.column}
              </label>
              <div className={`${ui.note} ${ui.aside}`}>{noteText(row)}</div>
            </>
          ),
        },
        {
          title: TEXTS.featuresPanel.numbers,
          cell: (row) => (
            <select
              className={`${ui.input} ${ui.smallControl}`}
              aria-label={TEXTS.featuresPanel.numbersOf(row.column)}
              value={row.type}
              disabled={!row.isChosen}
              onChange={({ target }) => onChoose(row.column, { type: target.value as FeatureChoice['type'] })}
            >
              <option value="integer">{TEXTS.featuresPanel.integer}</option>
              <option value="real">{TEXTS.featuresPanel.real}</option>
            </select>
          ),
        },
        {
          title: TEXTS.featuresPanel.lowest,
          cell: (row) => limit(row, 'min', TEXTS.featuresPanel.lowestOf(row.column)),
        },
        {
          title: TEXTS.featuresPanel.highest,
          cell: (row) => limit(row, 'max', TEXTS.featuresPanel.highestOf(row.column)),
        },
      ]}
    />
  );
}

function noteText({ min, max, otherTexts, isLikelyIdentifier }: FeatureRow): string {
  if (isLikelyIdentifier) return TEXTS.featuresPanel.isIdentifier;
  if (otherTexts.length > 0)
    return TEXTS.featuresPanel.notANumber(otherTexts.slice(0, MAX_SHOWN_TEXTS), otherTexts.length > MAX_SHOWN_TEXTS);
  return min === max ? TEXTS.featuresPanel.isConstant : '';
}
