import type { FileDrift } from '@cytoqueue/client';
import { useId } from 'react';
import { Notice } from '../ui/notice';
import { driftCauseText, featureLabel } from './drift-labels';

interface DriftBannerProps {
  drift: FileDrift;
  /** Whether the rows have been scored already. */
  isScored: boolean;
}

/** States above everything else that a file is unlike the training data, in which columns, by how much and the likely cause. */
export function DriftBanner({ drift: { verdict, columns }, isScored }: DriftBannerProps) {
  const id = useId();
  if (verdict === 'like_training')
    return (
      <p className="small drift-verdict">
        <strong>Similar to the training data.</strong> The values of every column are distributed as in the cases that
        the model was trained on.
      </p>
    );
  if (verdict === 'too_few_rows')
    return (
      <p className="small drift-verdict">
        <strong>Too few rows to compare with the training data.</strong> At least 30 rows are needed; each result still
        says whether its own record is unusual.
      </p>
    );
  const isUnlike = verdict === 'unlike_training';
  return (
    <Notice tone={isUnlike ? 'error' : 'warning'}>
      <section aria-labelledby={id} className="drift-banner">
        <h2 id={id}>
          {isUnlike
            ? `This file is unlike the training data. Do not ${isScored ? 'rely on its results' : 'score it before you know why'}.`
            : 'This file differs from the training data'}
        </h2>
        <p>
          {isUnlike
            ? 'The model has not been tested on values like these, and its results may be wrong even where they look confident.'
            : 'The results may be less accurate than in the model’s tests. Compare some values with the slides or the source of the file.'}
        </p>
        {columns.length === 0 && <p>No single column stands out; the values are shifted as a whole.</p>}
        {columns.length > 0 && (
          <ul>
            {groupByCause(columns).map(({ cause, members }) => (
              <li key={cause ?? ''}>
                <strong>{members.map(({ column }) => featureLabel(column)).join(', ')}:</strong> {driftCauseText(cause)}{' '}
                {effectText(members.map(({ effect_size }) => effect_size))}
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

/** `Effect size 0.6 standard deviations.` or `Effect size 1.2 to 2 standard deviations.` */
function effectText(sizes: readonly number[]): string {
  const format = (size: number): string => size.toLocaleString('en', { maximumFractionDigits: 1 });
  const [least, most] = [format(Math.min(...sizes)), format(Math.max(...sizes))];
  return `Effect size ${least === most ? most : `${least} to ${most}`} standard deviations.`;
}
