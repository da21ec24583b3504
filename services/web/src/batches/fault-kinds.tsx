import { formatCount } from '../design/numbers';
import { faultWords } from './batch-words';

/** How many rows have each kind of fault, the most frequent first. */
export function FaultKinds({ counts }: { counts: Readonly<Record<string, number>> }) {
  const kinds = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const most = Math.max(...kinds.map(([, count]) => count), 1);
  return (
    <table className="bars">
      <thead className="visually-hidden"><tr><th scope="col">Kind</th><th scope="col">Bar</th><th scope="col">Rows</th></tr></thead>
      <tbody>
        {kinds.map(([code, count]) => (
          <tr key={code}>
            <th scope="row">{faultWords(code)}</th>
            <td><div className="bar" aria-hidden="true"><div className="bar-fill" style={{ inlineSize: `${(count / most) * 100}%` }} /></div></td>
            <td className="number">{formatCount(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
