import { DataTable } from '../../ui/data-table';
import { Panel } from '../../ui/panel';
import { TextField } from '../../ui/text-field';
import { type FeatureChoice, MAX_FEATURES } from './own-schema';
import { type FeatureRow, type FileFacts, type TrainingDraft, featureRows } from './training-draft';

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
    <Panel
      title="Features"
      lead="Lowest and highest value are those of the file. Records outside this range will be rejected, so widen it to what is possible."
    >
      {!isComplete && <p className="small">Only the first rows of the file were read for these values.</p>}
      <div className="fields wide">
        <TextField
          label="Words for “not measured” (optional)"
          description="Separated by commas, for example n.d., unknown. Empty cells, ?, NA and NaN always mean it."
          value={draft.missing}
          onChange={(missing) => onChange({ missing })}
          autoComplete="off"
        />
      </div>
      {rows.length === 0 ? (
        <p className="empty">The file has no column of numbers.</p>
      ) : (
        <FeatureTable rows={rows} onChoose={choose} />
      )}
      <p className="small muted">
        {chosen} of {rows.length} columns of numbers chosen; a model has at most {MAX_FEATURES} features.
      </p>
    </Panel>
  );
}

interface FeatureTableProps {
  rows: readonly FeatureRow[];
  onChoose: (column: string, part: Partial<FeatureChoice>) => void;
}

function FeatureTable({ rows, onChoose }: FeatureTableProps) {
  const limit = (row: FeatureRow, member: 'min' | 'max', title: string) => (
    <input
      className="input small-control"
      type="number"
      step="any"
      aria-label={`${title} of ${row.column}`}
      value={row[member]}
      disabled={!row.isChosen}
      onChange={({ target }) => onChoose(row.column, { [member]: target.value })}
    />
  );
  return (
    <DataTable
      label="Features"
      rows={rows}
      rowKey={({ column }) => column}
      columns={[
        {
          title: 'Column',
          cell: (row) => (
            <>
              <label className="choice" translate="no">
                <input
                  type="checkbox"
                  checked={row.isChosen}
                  onChange={({ target }) => onChoose(row.column, { isChosen: target.checked })}
                />
                {row.column}
              </label>
              <div className="small muted">{noteText(row)}</div>
            </>
          ),
        },
        {
          title: 'Numbers',
          cell: (row) => (
            <select
              className="input small-control"
              aria-label={`Numbers of ${row.column}`}
              value={row.type}
              disabled={!row.isChosen}
              onChange={({ target }) => onChoose(row.column, { type: target.value as FeatureChoice['type'] })}
            >
              <option value="integer">Whole</option>
              <option value="real">Decimal</option>
            </select>
          ),
        },
        { title: 'Lowest', cell: (row) => limit(row, 'min', 'Lowest value') },
        { title: 'Highest', cell: (row) => limit(row, 'max', 'Highest value') },
      ]}
    />
  );
}

function noteText({ min, max, otherTexts, isLikelyIdentifier }: FeatureRow): string {
  if (isLikelyIdentifier) return 'seems to number the rows or patients';
  if (otherTexts.length > 0) {
    const more = otherTexts.length > MAX_SHOWN_TEXTS ? ' …' : '';
    return `not a number: ${otherTexts.slice(0, MAX_SHOWN_TEXTS).join(', ')}${more}`;
  }
  return min === max ? 'has the same value in every row' : '';
}
