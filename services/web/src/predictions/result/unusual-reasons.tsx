import type { Evidence, Feature } from '@cytoqueue/client';
import { featureTitle } from './feature-titles';

interface UnusualReasonsProps {
  unusual: NonNullable<Evidence['unusual']>;
  features: readonly Feature[];
}

const MAX_UNEXPECTED = 3;

/** Names the values for which a record is unusual, and the values that would fit. */
export function UnusualReasons({ unusual, features }: UnusualReasonsProps) {
  const { compared_with, distance_over_limit, magnification, outside_training_range } = unusual;
  const outside = outside_training_range.map(({ feature }) => feature);
  const unexpected = unusual.unexpected.filter(({ feature }) => !outside.includes(feature)).slice(0, MAX_UNEXPECTED);
  return (
    <ul className="reasons">
      {outside_training_range.map(({ feature, value, lowest, highest }) => (
        <li key={feature}>
          <strong>{featureTitle(feature, features)}</strong> is {formatValue(value)}; the training cases have{' '}
          {formatValue(lowest)} to {formatValue(highest)}.
        </li>
      ))}
      {unexpected.map(({ feature, value, expected }) => (
        <li key={feature}>
          <strong>{featureTitle(feature, features)}</strong> is {formatValue(value)}; with the other values about{' '}
          {formatValue(expected)} would be usual.
        </li>
      ))}
      {magnification !== null && (
        <li>
          The sizes together fit a magnification {formatValue(magnification)} times that of the training cases. Check
          unit and calibration.
        </li>
      )}
      {distance_over_limit > 1 && (
        <li>
          As a whole the record is {formatValue(distance_over_limit)} times as far from the {compared_with} training
          cases as the model’s limit for an ordinary record.
        </li>
      )}
    </ul>
  );
}

/** Three significant digits. */
function formatValue(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
