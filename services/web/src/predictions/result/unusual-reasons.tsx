import type { Evidence, Feature } from '@cytoqueue/client';
import { formatCount, formatSignificant } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

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
    <ul className={ui.bullets}>
      {outside_training_range.map(({ feature, value, lowest, highest }) => (
        <li key={feature}>
          {TEXTS.unusualReasons.outside(
            <strong>{featureTitle(feature, features)}</strong>,
            formatSignificant(value),
            formatSignificant(lowest),
            formatSignificant(highest),
          )}
        </li>
      ))}
      {unexpected.map(({ feature, value, expected }) => (
        <li key={feature}>
          {TEXTS.unusualReasons.unexpected(
            <strong>{featureTitle(feature, features)}</strong>,
            formatSignificant(value),
            // A grade has no decimals.
            features.find(({ name }) => name === feature)?.integer === true
              ? formatCount(expected)
              : formatSignificant(expected),
          )}
        </li>
      ))}
      {magnification !== null && <li>{TEXTS.unusualReasons.magnification(formatSignificant(magnification))}</li>}
      {distance_over_limit > 1 && (
        <li>{TEXTS.unusualReasons.far(formatSignificant(distance_over_limit), compared_with)}</li>
      )}
    </ul>
  );
}
