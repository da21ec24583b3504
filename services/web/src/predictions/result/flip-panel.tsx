import { type ModelVersion, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatProbability } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { isUnusual } from './reason-labels';
import { isDecided, oppositeClass } from './result-labels';

/**
 * Shows the smallest change of grades that changes the outcome or the class of a confident result. It is left out where the result may stay undecided,
 * because it would invite regrading to no effect: the change is computed for the probability alone, and an unusual record may stay unusual.
 */
export function FlipPanel({ result, version }: { result: PredictionResult; version: ModelVersion }) {
  const { features, labels } = version;
  const { flip } = result.evidence;
  const isUndecided = result.outcome === 'indeterminate';
  if (flip === null) {
    return isUndecided ? null : (
      <Panel title="How firm the result is">
        <p>
          {version.flip_searched
            ? `No change of one or two features changes the class to ${oppositeClass(result.predicted_class, labels)}.`
            : 'Not computed for this model.'}
        </p>
      </Panel>
    );
  }
  const after = isDecided(probabilityOf(flip)) ? `likely ${flip.predicted_class}` : 'undecided';
  if (isUndecided && (after === 'undecided' || isUnusual(result.reasons))) return null;
  return (
    <Panel
      title="How firm the result is"
      lead={`The smallest change that would make the result ${after}, with a probability of ${probabilitySubject(result)} of ${formatProbability(probabilityOf(flip))}:`}
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
          ? 'It shows how far the record is from another result, and is no reason to grade differently. The change is small: make sure that this feature was read and entered correctly.'
          : 'It shows how far the record is from another result, and is no reason to grade differently.'}
      </p>
    </Panel>
  );
}
