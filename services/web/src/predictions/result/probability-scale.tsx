import { positiveClassOf, type PredictionResult, type ProbabilityFields, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { formatProbability } from '../../ui/format';
import { UNDECIDED_FROM, UNDECIDED_TO } from './result-labels';
import { TEXTS } from './texts';
import styles from './probability-scale.module.css';

interface ProbabilityScaleProps {
  result: Pick<PredictionResult, keyof ProbabilityFields>;
  threshold: number;
  /** Range of the probability over all values of the missing features. */
  range: [low: number, high: number] | null;
}

const WIDTH = 520;
const LEFT = 12;
const SPAN = WIDTH - 2 * LEFT;

/** Scale of the probability of the positive class with the undecided range. */
export function ProbabilityScale({ result, threshold, range }: ProbabilityScaleProps) {
  const probability = probabilityOf(result);
  const positive = positiveClassOf(result);
  const x = (share: number): number => LEFT + share * SPAN;
  const label =
    TEXTS.probabilityScale.label(probabilitySubject(result), formatProbability(probability)) +
    (range === null
      ? ''
      : ' ' + TEXTS.probabilityScale.range(formatProbability(range[0]), formatProbability(range[1])));
  return (
    <svg className={styles.probabilityScale} viewBox={`0 0 ${WIDTH} 102`} role="img" aria-label={label}>
      <defs>
        <pattern id="grey-zone" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1="0" y1="0" x2="0" y2="7" className={styles.zoneHatch} />
        </pattern>
      </defs>
      <rect x={x(0)} y="34" width={SPAN * UNDECIDED_FROM} height="20" className={styles.zoneBenign} />
      <rect
        x={x(UNDECIDED_FROM)}
        y="34"
        width={SPAN * (UNDECIDED_TO - UNDECIDED_FROM)}
        height="20"
        className={styles.zoneGrey}
      />
      <rect
        x={x(UNDECIDED_FROM)}
        y="34"
        width={SPAN * (UNDECIDED_TO - UNDECIDED_FROM)}
        height="20"
        fill="url(#grey-zone)"
      />
      <rect x={x(UNDECIDED_TO)} y="34" width={SPAN * (1 - UNDECIDED_TO)} height="20" className={styles.zoneMalignant} />
      <line x1={x(threshold)} x2={x(threshold)} y1="34" y2="58" className={styles.zoneThreshold} />
      {range !== null && <RangeBar from={x(range[0])} to={x(range[1])} />}
      <path d={`M${x(probability)} 31 l-8 -13 h16 z`} className={styles.zoneMarker} />
      <line x1={x(probability)} x2={x(probability)} y1="31" y2="54" className={styles.zoneNeedle} />
      <text
        x={Math.min(Math.max(x(probability), 44), WIDTH - 44)}
        y="12"
        textAnchor="middle"
        className={styles.zoneValue}
      >
        {formatProbability(probability)}
      </text>
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <text
          key={share}
          x={x(share)}
          y="74"
          textAnchor={share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}
          className={share % 0.5 === 0 ? styles.zoneTick : `${styles.zoneTick} ${styles.between}`}
        >
          {share * 100} %
        </text>
      ))}
      <text x={x(0)} y="95" className={styles.zoneTick}>
        {positive === 'malignant' ? TEXTS.probabilityScale.benign : TEXTS.probabilityScale.not(positive)}
      </text>
      <text x={x(0.5)} y="95" textAnchor="middle" className={styles.zoneTick}>
        {TEXTS.probabilityScale.undecided}
      </text>
      <text x={x(1)} y="95" textAnchor="end" className={styles.zoneTick}>
        {positive}
      </text>
    </svg>
  );
}

function RangeBar({ from, to }: { from: number; to: number }) {
  return <path d={`M${from} 38 v12 M${from} 44 H${to} M${to} 38 v12`} className={styles.zoneRange} />;
}
