import type { Feature, FeatureValues } from '@cytoqueue/client';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './result.module.css';

interface ValuesListProps {
  values: FeatureValues;
  features: readonly Pick<Feature, 'name' | 'title'>[];
}

/** The values that a result belongs to. */
export function ValuesList({ values, features }: ValuesListProps) {
  return (
    <dl className={styles.values}>
      {features.map(({ name, title }) => (
        <div key={name}>
          <dt>{title}</dt>
          <dd translate="no">{values[name] ?? <span className={ui.muted}>{TEXTS.valuesList.notMeasured}</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
