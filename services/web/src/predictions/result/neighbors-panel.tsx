import type { Feature, FeatureValues, ModelVersion, Neighbor } from '@cytoqueue/client';
import { ClassIcon } from '../../ui/class-icon';
import { formatFixed } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { isTenStepGrade } from '../form/feature-value';
import { GradeAxis, NeighborGradePlot } from './neighbor-grade-plot';
import { TableScroll } from '../../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import resultStyles from './result.module.css';
import styles from './neighbors-panel.module.css';

interface NeighborsPanelProps {
  record: FeatureValues;
  neighbors: readonly Neighbor[];
  version: Pick<ModelVersion, 'features' | 'labels'>;
  /** Whether the values of each case are printed. */
  printsFeatures: boolean;
}

/** Compares the record with its nearest training cases, as marks on a scale and as numbers. */
export function NeighborsPanel({ record, neighbors, version, printsFeatures }: NeighborsPanelProps) {
  const { features, labels } = version;
  const [negative = '', positive = ''] = labels;
  const hasGradePlot = features.every(isTenStepGrade);
  return (
    <Panel
      title={TEXTS.neighborsPanel.title}
      className={resultStyles.wide}
      lead={TEXTS.neighborsPanel.lead(
        neighbors.length,
        neighbors.filter((neighbor) => neighbor.class === positive).length,
        positive,
      )}
    >
      <TableScroll label={TEXTS.neighborsPanel.table}>
        <table className={styles.cases}>
          <Head neighbors={neighbors} positive={positive} hasGradePlot={hasGradePlot} />
          <tbody className={printsFeatures ? undefined : ui.noPrint}>
            {features.map((feature) => (
              <FeatureRow
                key={feature.name}
                feature={feature}
                record={record}
                neighbors={neighbors}
                positive={positive}
                hasGradePlot={hasGradePlot}
              />
            ))}
          </tbody>
          <Foot neighbors={neighbors} hasGradePlot={hasGradePlot} />
        </table>
      </TableScroll>
      <p className={`${styles.legend} ${ui.small} ${printsFeatures ? '' : ui.noPrint}`}>
        {hasGradePlot && (
          <span>
            <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
              <rect x="-5" y="-7" width="10" height="14" rx="3" className={styles.recordMark} />
            </svg>{' '}
            {TEXTS.neighborsPanel.thisRecordMark}
          </span>
        )}
        <span>
          <ClassIcon name="benign" /> {TEXTS.neighborsPanel.caseMark(negative)}
        </span>
        <span>
          <ClassIcon name="malignant" /> {TEXTS.neighborsPanel.caseMark(positive)}
        </span>
      </p>
    </Panel>
  );
}

interface HeadProps {
  neighbors: readonly Neighbor[];
  positive: string;
  hasGradePlot: boolean;
}

function Head({ neighbors, positive, hasGradePlot }: HeadProps) {
  return (
    <thead>
      <tr>
        <th scope="col">{TEXTS.neighborsPanel.feature}</th>
        {hasGradePlot && (
          <td className={styles.strip} translate="no">
            <GradeAxis />
          </td>
        )}
        <th scope="col" className={`${ui.number} ${styles.figure} ${styles.own}`}>
          {TEXTS.neighborsPanel.thisRecord}
        </th>
        {neighbors.map((neighbor, index) => (
          <th key={neighbor.training_row} scope="col" className={`${ui.number} ${styles.figure}`}>
            <ClassIcon name={neighbor.class === positive ? 'malignant' : 'benign'} />{' '}
            <span className={ui.visuallyHidden}>{`${TEXTS.neighborsPanel.caseNumber} `}</span>
            {index + 1}
            <span className={ui.visuallyHidden}>, {neighbor.class}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface FeatureRowProps extends Omit<NeighborsPanelProps, 'version' | 'printsFeatures'> {
  feature: Feature;
  positive: string;
  hasGradePlot: boolean;
}

function FeatureRow({ feature: { name, title }, record, neighbors, positive, hasGradePlot }: FeatureRowProps) {
  const recordValue = record[name] ?? null;
  return (
    <tr>
      <th scope="row">{title}</th>
      {hasGradePlot && (
        <td className={styles.strip}>
          <NeighborGradePlot
            own={recordValue}
            cases={neighbors.map((neighbor) => ({
              isPositive: neighbor.class === positive,
              grade: neighbor.features[name],
            }))}
          />
        </td>
      )}
      <td className={`${ui.number} ${styles.figure} ${styles.own}`}>{recordValue ?? '?'}</td>
      {neighbors.map(({ training_row, features }) => (
        <td
          key={training_row}
          className={`${ui.number} ${styles.figure}`}
          data-same={features[name] === recordValue || undefined}
        >
          {features[name] ?? '?'}
        </td>
      ))}
    </tr>
  );
}

function Foot({ neighbors, hasGradePlot }: { neighbors: readonly Neighbor[]; hasGradePlot: boolean }) {
  const rows = [
    { title: TEXTS.neighborsPanel.diagnosis, own: '?', cell: (neighbor: Neighbor) => neighbor.class },
    { title: TEXTS.neighborsPanel.distance, own: '0', cell: (neighbor: Neighbor) => formatFixed(neighbor.distance, 3) },
    { title: TEXTS.neighborsPanel.caseName, own: '–', cell: (neighbor: Neighbor) => neighbor.training_row },
  ];
  return (
    <tfoot>
      {rows.map(({ title, own, cell }) => (
        <tr key={title}>
          <th scope="row" colSpan={hasGradePlot ? 2 : 1}>
            {title}
          </th>
          <td className={`${ui.number} ${styles.figure} ${styles.own}`}>{own}</td>
          {neighbors.map((neighbor) => (
            <td key={neighbor.training_row} className={`${ui.number} ${styles.figure}`}>
              {cell(neighbor)}
            </td>
          ))}
        </tr>
      ))}
    </tfoot>
  );
}
