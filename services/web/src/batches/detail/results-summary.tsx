import type { Batch } from '@cytoqueue/client';
import { ClassIcon } from '../../ui/class-icon';
import { formatCount, formatShare } from '../../ui/format';
import { Panel } from '../../ui/panel';
import type { BatchClasses } from '../batch-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './detail.module.css';

interface Group {
  name: string;
  count: number;
  note?: string;
  icon?: 'benign' | 'malignant' | 'indeterminate';
  /** CSS class of its part of the bar. */
  fill: string | undefined;
}

/** Groups that add up to all rows of the file: each row is counted once. */
export function ResultsSummary({ batch, classes }: { batch: Batch; classes: BatchClasses | undefined }) {
  const { total } = batch.counts;
  const groups = groupsOf(batch, classes);
  const missing = batch.summary.missing_features;
  return (
    <Panel title={TEXTS.resultsSummary.title} lead={TEXTS.resultsSummary.lead(total)}>
      <ShareBar groups={groups} total={total} />
      <table className={`${ui.list} ${ui.compact} ${styles.totals}`}>
        <thead className={ui.visuallyHidden}>
          <tr>
            <th scope="col">{TEXTS.resultsSummary.group}</th>
            <th scope="col">{TEXTS.resultsSummary.rows}</th>
            <th scope="col">{TEXTS.resultsSummary.share}</th>
            <th scope="col">{TEXTS.resultsSummary.note}</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ name, count, note, icon }) => (
            <tr key={name}>
              <th scope="row">
                {icon !== undefined && <ClassIcon name={icon} />} {name}
              </th>
              <td className={ui.number} translate="no">
                <strong>{formatCount(count)}</strong>
              </td>
              <td className={`${ui.number} ${ui.muted}`} translate="no">
                {total > 0 && formatShare(count / total)}
              </td>
              <td className={ui.small}>{note}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{TEXTS.resultsSummary.allRows}</th>
            <td className={ui.number} translate="no">
              {formatCount(total)}
            </td>
            <td />
            <td className={ui.small}>{missing > 0 && TEXTS.resultsSummary.missing(missing)}</td>
          </tr>
        </tfoot>
      </table>
    </Panel>
  );
}

function groupsOf({ counts, summary }: Batch, classes: BatchClasses | undefined): Group[] {
  const { indeterminate } = summary;
  const byClass = classes && groupsByClass(summary, classes);
  const others: Group[] = [
    {
      name: TEXTS.resultsSummary.pending,
      count: counts.pending,
      note: TEXTS.resultsSummary.pendingNote,
      fill: styles.fillNone,
    },
    {
      name: TEXTS.resultsSummary.invalid,
      count: counts.rejected,
      note: TEXTS.resultsSummary.invalidNote,
      fill: styles.fillInvalid,
    },
    {
      name: TEXTS.resultsSummary.systemError,
      count: counts.failed,
      note: TEXTS.resultsSummary.systemErrorNote,
      fill: styles.fillInvalid,
    },
  ];
  return [
    ...(byClass?.groups ?? [
      { name: TEXTS.resultsSummary.confident, count: counts.succeeded - indeterminate, fill: ui.fillAccent },
    ]),
    {
      name: TEXTS.undecided,
      count: indeterminate,
      icon: 'indeterminate',
      fill: ui.fillIndeterminate,
      ...byClass?.undecided,
    },
    ...others.filter(({ count }) => count > 0),
  ];
}

/** @returns undefined for batches of earlier releases, which did not count confident rows by class */
function groupsByClass({ classes, confident }: Batch['summary'], { negative, positive }: BatchClasses) {
  if (confident === undefined) return undefined;
  const count = confident[positive] ?? 0;
  const groups: Group[] = [
    { name: TEXTS.likely(positive), count, icon: 'malignant', fill: ui.fillMalignant },
    { name: TEXTS.likely(negative), count: confident[negative] ?? 0, icon: 'benign', fill: ui.fillBenign },
  ];
  const favoured = formatCount((classes[positive] ?? 0) - count);
  return { groups, undecided: { note: TEXTS.resultsSummary.favours(positive, favoured) } };
}

/** Decorative: the table holds the same numbers. */
function ShareBar({ groups, total }: { groups: readonly Group[]; total: number }) {
  const width = (count: number): number => (total === 0 ? 0 : (count / total) * 100);
  return (
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" className={styles.splitBar} aria-hidden="true">
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
