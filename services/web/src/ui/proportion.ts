import { formatCount, formatShare } from './format';
import { TEXTS } from './texts';

/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959964;

/**
 * 95 % confidence interval of a share observed in `count` cases (Wilson 1927), valid also near 0 and 1.
 * @param share 0..1
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z2 = Z * Z;
  const center = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count));
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

/** `306 of 308: 99.4 % (97.7 % to 99.8 %)`; `none` without cases. */
export function formatProportion(part: number, whole: number): string {
  if (whole === 0) return TEXTS.none;
  const [low, high] = wilsonInterval(part / whole, whole);
  return TEXTS.proportion(
    formatCount(part),
    formatCount(whole),
    formatShare(part / whole),
    formatShare(low),
    formatShare(high),
  );
}
