import { formatCount } from '../ui/format';
import { errorLabel } from './batch-labels';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './batches.module.css';

/** Number of rows by error code, most frequent first. */
export function ErrorBreakdown({ counts }: { counts: Readonly<Record<string, number>> }) {
  const kinds = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  return (
    <table className={styles.bars}>
      <thead className={ui.visuallyHidden}>
        <tr>
          <th scope="col">{TEXTS.errorBreakdown.kind}</th>
          <th scope="col">{TEXTS.errorBreakdown.bar}</th>
          <th scope="col">{TEXTS.errorBreakdown.rows}</th>
        </tr>
      </thead>
      <tbody>
        {kinds.map(([code, count]) => (
          <tr key={code}>
            <th scope="row">{errorLabel(code)}</th>
            <td>
              <div className={styles.bar} aria-hidden="true">
                <div className={styles.barFill} style={{ inlineSize: `${(count / total) * 100}%` }} />
              </div>
            </td>
            <td className={`${ui.number} ${styles.figure}`}>{formatCount(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
