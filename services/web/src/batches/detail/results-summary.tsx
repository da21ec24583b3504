import type { Batch } from '@cytoqueue/client';
import { ClassIcon } from '../../ui/class-icon';
import { formatCount, formatShare, pluralize } from '../../ui/format';
import { Panel } from '../../ui/panel';

interface Group {
  name: string;
  count: number;
  note?: string;
  icon?: 'benign' | 'malignant' | 'indeterminate';
  /** CSS class of its part of the bar. */
  fill: string;
}

/** Groups that add up to all rows of the file: each row is counted once. */
export function ResultsSummary({ batch }: { batch: Batch }) {
  const { total } = batch.counts;
  const groups = groupsOf(batch);
  const missing = batch.summary.missing_features;
  return (
    <Panel title="Results summary" lead={`${pluralize(total, 'row')}, each counted once.`}>
      <ShareBar groups={groups} total={total} />
      <table className="list compact totals">
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Rows</th>
            <th scope="col">Share</th>
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ name, count, note, icon }) => (
            <tr key={name}>
              <th scope="row">
                {icon !== undefined && <ClassIcon name={icon} />} {name}
              </th>
              <td className="number" translate="no">
                <strong>{formatCount(count)}</strong>
              </td>
              <td className="number muted" translate="no">
                {total > 0 && formatShare(count / total)}
              </td>
              <td className="small">{note}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All rows</th>
            <td className="number" translate="no">
              {formatCount(total)}
            </td>
            <td />
            <td className="small">
              {missing > 0 && `${pluralize(missing, 'scored row has', 'scored rows have')} a feature not measured`}
            </td>
          </tr>
        </tfoot>
      </table>
    </Panel>
  );
}

function groupsOf({ counts, summary }: Batch): Group[] {
  const { confident_benign: benign, confident_malignant: malignant, indeterminate } = summary;
  const classes: Group[] =
    benign === undefined || malignant === undefined
      ? [{ name: 'Confident results', count: counts.succeeded - indeterminate, fill: 'fill-accent' }]
      : [
          { name: 'Likely malignant', count: malignant, icon: 'malignant', fill: 'fill-malignant' },
          { name: 'Likely benign', count: benign, icon: 'benign', fill: 'fill-benign' },
        ];
  const favoured = `favours malignant in ${formatCount((summary.malignant ?? 0) - (malignant ?? 0))}`;
  const others: Group[] = [
    { name: 'Pending', count: counts.pending, note: 'not scored yet', fill: 'fill-none' },
    { name: 'Invalid', count: counts.rejected, note: 'download them to correct', fill: 'fill-invalid' },
    { name: 'System error', count: counts.failed, note: 'score the remaining rows again', fill: 'fill-invalid' },
  ];
  return [
    ...classes,
    {
      name: 'Undecided',
      count: indeterminate,
      icon: 'indeterminate',
      fill: 'fill-indeterminate',
      ...(malignant === undefined ? {} : { note: `the model ${favoured} of them` }),
    },
    ...others.filter(({ count }) => count > 0),
  ];
}

/** Decorative: the table holds the same numbers. */
function ShareBar({ groups, total }: { groups: readonly Group[]; total: number }) {
  const width = (count: number): number => (total === 0 ? 0 : (count / total) * 100);
  return (
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" className="split-bar" aria-hidden="true">
      {groups.map(({ name, count, fill }, index) => (
        <rect
          key={name}
          x={groups.slice(0, index).reduce((sum, group) => sum + width(group.count), 0)}
          width={width(count)}
          height="8"
          className={fill}
        />
      ))}
    </svg>
  );
}
