import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './result.module.css';

interface IconArrayProps {
  /** Share of malignant cases, 0..1. */
  share: number;
}

const COLUMNS = 20;
const CASES = 100;

/** One mark for each of a hundred cases; the numbers stand in the text beside it. */
export function IconArray({ share }: IconArrayProps) {
  const malignant = Math.round(share * CASES);
  return (
    <figure className={styles.iconArray}>
      <svg viewBox={`0 0 ${COLUMNS * 10} ${(CASES / COLUMNS) * 10}`} aria-hidden="true">
        {Array.from({ length: CASES }, (_, index) => {
          const x = (index % COLUMNS) * 10 + 5;
          const y = Math.floor(index / COLUMNS) * 10 + 5;
          return index < malignant ? (
            <path key={index} d={`M${x} ${y - 4.5} l4.5 4.5 l-4.5 4.5 l-4.5 -4.5 z`} className={ui.fillMalignant} />
          ) : (
            <circle key={index} cx={x} cy={y} r="3.5" className={ui.fillBenign} />
          );
        })}
      </svg>
      <figcaption>
        {TEXTS.iconArray.caption(
          <strong translate="no">{malignant}</strong>,
          <strong translate="no">{CASES - malignant}</strong>,
        )}
      </figcaption>
    </figure>
  );
}
