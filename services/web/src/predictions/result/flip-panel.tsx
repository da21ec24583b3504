import type { Feature, PredictionResult } from '@cytoqueue/client';
import { Panel } from '../../ui/panel';
import { formatProbability } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { oppositeClass } from './result-labels';

/** How near the other answer is: a value read one grade differently may be all. */
export function FlipPanel({ result, features }: { result: PredictionResult; features: readonly Feature[] }) {
  const { flip } = result.evidence;
  const other = oppositeClass(result.predicted_class);
  if (flip === null) {
    return (
      <Panel title="What would change the class">
        <p>
          No change of one or two features would make the model say {other}
          {features.some(({ integer }) => !integer) && ' (such changes are searched among whole grades only)'}.
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="What would change the class"
      lead={`The smallest change after which the model says ${flip.predicted_class}, at ${formatProbability(flip.probability_malignant)}:`}
    >
      <ul className="changes">
        {flip.changes.map(({ feature, from, to }) => (
          <li key={feature}>
            <strong>{featureTitle(feature, features)}</strong>{' '}
            <span className="nowrap">
              {from} <span aria-hidden="true">→</span>
              <span className="visually-hidden">to</span> {to}
            </span>
          </li>
        ))}
      </ul>
      <p className="small muted">
        {flip.total_change <= 2
          ? 'That is little: look at the slide once more for it.'
          : 'It says how far the record is from the border, not what to do.'}
      </p>
    </Panel>
  );
}
