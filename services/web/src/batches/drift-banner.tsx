import type { FileDrift } from '@cytoqueue/client';
import { useId } from 'react';
import { formatDecimal } from '../ui/format';
import { Notice } from '../ui/notice';
import { driftCauseText, featureLabel } from './drift-labels';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './batches.module.css';

interface DriftBannerProps {
  drift: FileDrift;
  /** Whether the rows have been scored already. */
  isScored: boolean;
}

/** States above everything else that a file is unlike the training data, in which columns, by how much and the likely cause. */
export function DriftBanner({ drift: { verdict, columns }, isScored }: DriftBannerProps) {
  const id = useId();
  if (verdict === 'like_training') return <p className={ui.small}>{TEXTS.driftBanner.similar}</p>;
  if (verdict === 'too_few_rows') return <p className={ui.small}>{TEXTS.driftBanner.tooFewRows}</p>;
  const isUnlike = verdict === 'unlike_training';
  return (
    <Notice tone={isUnlike ? 'error' : 'warning'}>
      <section aria-labelledby={id} className={styles.driftBanner}>
        <h2 id={id}>{isUnlike ? TEXTS.driftBanner.unlike(isScored) : TEXTS.driftBanner.differs}</h2>
        <p>{isUnlike ? TEXTS.driftBanner.unlikeText : TEXTS.driftBanner.differsText}</p>
        {columns.length === 0 && <p>{TEXTS.driftBanner.noColumn}</p>}
        {columns.length > 0 && (
          <ul>
            {groupByCause(columns).map(({ cause, members }) => (
              <li key={cause ?? ''}>
                <strong>{TEXTS.driftBanner.columns(members.map(({ column }) => featureLabel(column)))}</strong>{' '}
                {driftCauseText(cause)} {effectText(members.map(({ effect_size }) => effect_size))}
              </li>
            ))}
          </ul>
        )}
      </section>
    </Notice>
  );
}

type DriftColumn = FileDrift['columns'][number];

function groupByCause(columns: readonly DriftColumn[]): { cause: string | undefined; members: DriftColumn[] }[] {
  const groups = new Map<string | undefined, DriftColumn[]>();
  for (const column of columns) groups.set(column.cause, [...(groups.get(column.cause) ?? []), column]);
  return [...groups].map(([cause, members]) => ({ cause, members }));
}

function effectText(sizes: readonly number[]): string {
  return TEXTS.driftBanner.effect(formatDecimal(Math.min(...sizes), 1), formatDecimal(Math.max(...sizes), 1));
}
