import { ui } from '../../ui/styles';
import styles from './neighbors-panel.module.css';

interface NeighborGradePlotProps {
  /** The record's grade; null when it was not measured. */
  own: number | null;
  /** Grades of the neighbours, nearest first. */
  cases: readonly { isPositive: boolean; grade: number | null | undefined }[];
}

const GRADE_WIDTH = 20;
const WIDTH = 10 * GRADE_WIDTH;
const HEIGHT = 27;
const CASE_OFFSET = 4.5;

/**
 * Plots the grades of the record and its neighbours from 1 to 10. Hidden from screen readers: the table cells hold the
 * same numbers.
 */
export function NeighborGradePlot({ own, cases }: NeighborGradePlotProps) {
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={styles.gradeStrip} aria-hidden="true">
      {Array.from({ length: 10 }, (_, index) => (
        <line key={index} x1={x(index + 1)} x2={x(index + 1)} y1="0" y2={HEIGHT} className={ui.gridLine} />
      ))}
      {cases.map(
        ({ isPositive, grade }, index) =>
          typeof grade === 'number' && (
            <CaseMarker
              key={index}
              isPositive={isPositive}
              x={x(grade)}
              y={HEIGHT / 2 + (index - (cases.length - 1) / 2) * CASE_OFFSET}
            />
          ),
      )}
      {own !== null && (
        <rect x={x(own) - 7} y="2" width="14" height={HEIGHT - 4} rx="4" className={styles.recordMark} />
      )}
    </svg>
  );
}

/** Axis above the plots. */
export function GradeAxis() {
  return (
    <svg viewBox={`0 0 ${WIDTH} 14`} className={`${styles.gradeStrip} ${styles.axis}`} aria-hidden="true">
      {Array.from({ length: 10 }, (_, index) => (
        <text key={index} x={x(index + 1)} y="12" textAnchor="middle" className={ui.chartText}>
          {index + 1}
        </text>
      ))}
    </svg>
  );
}

function x(grade: number): number {
  return (grade - 0.5) * GRADE_WIDTH;
}

function CaseMarker({ isPositive, x: left, y }: { isPositive: boolean; x: number; y: number }) {
  return isPositive ? (
    <path d={`M${left} ${y - 5} l5 5 l-5 5 l-5 -5 z`} className={`${ui.fillMalignant} ${styles.case}`} />
  ) : (
    <circle cx={left} cy={y} r="4" className={`${ui.fillBenign} ${styles.case}`} />
  );
}
