import { subjectOf } from '../../ui/class-words';
import { formatCount, formatShare } from '../../ui/format';
import { Panel } from '../../ui/panel';
import type { BatchClasses } from '../batch-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import batchStyles from '../batches.module.css';

interface ProbabilityHistogramProps {
  /** Scored rows by tenths of the probability, at least one. */
  histogram: readonly number[];
  classes: BatchClasses;
}

/** Bar chart of the scored rows by probability. The bars are decorative: the cells beside them hold the numbers. */
export function ProbabilityHistogram({ histogram, classes }: ProbabilityHistogramProps) {
  const total = histogram.reduce((sum, rows) => sum + rows, 0);
  const highest = Math.max(...histogram);
  const subject = subjectOf(classes.positive);
  return (
    <Panel title={TEXTS.probabilityHistogram.title(subject)}>
      <table className={`${batchStyles.bars} ${batchStyles.histogram}`}>
        <caption className={ui.lead}>{TEXTS.probabilityHistogram.caption(total, subject)}</caption>
        <thead className={ui.visuallyHidden}>
          <tr>
            <th scope="col">{TEXTS.probabilityHistogram.probability}</th>
            <th scope="col">{TEXTS.probabilityHistogram.bar}</th>
            <th scope="col">{TEXTS.probabilityHistogram.rows}</th>
            <th scope="col">{TEXTS.probabilityHistogram.share}</th>
          </tr>
        </thead>
        <tbody>
          {histogram.map((rows, bin) => (
            <tr key={bin}>
              <th scope="row" translate="no">
                {TEXTS.probabilityHistogram.bin(bin * 10, bin * 10 + 10)}
              </th>
              <td>
                <div className={batchStyles.bar} aria-hidden="true">
                  <div className={batchStyles.barFill} style={{ inlineSize: `${(rows / highest) * 100}%` }} />
                </div>
              </td>
              <td className={`${ui.number} ${batchStyles.figure}`} translate="no">
                {formatCount(rows)}
              </td>
              <td className={`${ui.number} ${batchStyles.figure} ${ui.muted}`} translate="no">
                {formatShare(rows / total)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
