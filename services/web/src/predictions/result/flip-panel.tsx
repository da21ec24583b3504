import { type ModelVersion, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatProbability } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { oppositeClass } from './result-labels';

/** Shows the smallest change of grades that changes the class. */
export function FlipPanel({ result, version }: { result: PredictionResult; version: ModelVersion }) {
  const { features, labels } = version;
  const { flip } = result.evidence;
  const other = oppositeClass(result.predicted_class, labels);
  if (flip === null) {
    return (
      <Panel title="What would change the class">
        <p>
          {features.every(({ integer }) => integer)
            ? `No change of one or two features changes the class to ${other}.`
            : 'Not computed for measurements, only for grades.'}
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="What would change the class"
      lead={`The smallest change that gives ${flip.predicted_class}, with a probability of ${probabilitySubject(result)} of ${formatProbability(probabilityOf(flip))}:`}
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
          ? 'This is a small change: check this feature on the slide again.'
          : 'It shows the distance from the decision boundary; it is no recommendation.'}
      </p>
    </Panel>
  );
}
