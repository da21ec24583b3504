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
/** Marks of one grade stand two by two, so that none of up to six hides another. */
const MARKS_IN_ROW = 2;
const MARK_DISTANCE = 8.25;
/** Between the record's mark and the edge of its cell. */
const MARGIN = 1;

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
      {Array.from({ length: 10 }, (_, index) => (
        <CaseMarkers key={index} left={x(index + 1)} cases={cases.filter(({ grade }) => grade === index + 1)} />
      ))}
      {own !== null && (
        <rect
          x={x(own) - GRADE_WIDTH / 2 + MARGIN}
          y={MARGIN}
          width={GRADE_WIDTH - 2 * MARGIN}
          height={HEIGHT - 2 * MARGIN}
          rx="4"
          className={styles.recordMark}
        />
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

/** The cases of one grade. */
function CaseMarkers({ left, cases }: { left: number; cases: NeighborGradePlotProps['cases'] }) {
  const rows = Math.ceil(cases.length / MARKS_IN_ROW);
  return cases.map(({ isPositive }, index) => {
    const row = Math.floor(index / MARKS_IN_ROW);
    const inRow = Math.min(MARKS_IN_ROW, cases.length - row * MARKS_IN_ROW);
    return (
      <CaseMarker
        key={index}
        isPositive={isPositive}
        x={left + ((index % MARKS_IN_ROW) - (inRow - 1) / 2) * MARK_DISTANCE}
        y={HEIGHT / 2 + (row - (rows - 1) / 2) * MARK_DISTANCE}
      />
    );
  });
}

function CaseMarker({ isPositive, x: left, y }: { isPositive: boolean; x: number; y: number }) {
  return isPositive ? (
    <path d={`M${left} ${y - 4} l4 4 l-4 4 l-4 -4 z`} className={`${ui.fillMalignant} ${styles.case}`} />
  ) : (
    <circle cx={left} cy={y} r="3.4" className={`${ui.fillBenign} ${styles.case}`} />
  );
}
