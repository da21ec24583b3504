import type { Batch } from '@cytoqueue/client';
import { ClassIcon } from '../../ui/class-icon';
import { formatCount, formatShare } from '../../ui/format';
import { Panel } from '../../ui/panel';

/** Shares of the classes among the scored rows. */
export function ClassDistribution({ batch: { summary, counts } }: { batch: Batch }) {
  const { benign, malignant, indeterminate } = summary;
  const share = (count: number): number => count / counts.succeeded;
  return (
    <Panel
      title="Class distribution"
      lead={`Undecided: ${formatCount(indeterminate)} of ${formatCount(counts.succeeded)} scored rows (${formatShare(share(indeterminate))}), whichever class the model favours.`}
    >
      <svg
        viewBox="0 0 100 14"
        preserveAspectRatio="none"
        className="split-bar"
        role="img"
        aria-label={`${formatShare(share(benign))} benign, ${formatShare(share(malignant))} malignant; ${formatShare(share(indeterminate))} of the rows are undecided`}
      >
        <rect width={share(benign) * 100} height="8" className="fill-benign" />
        <rect x={share(benign) * 100} width={share(malignant) * 100} height="8" className="fill-malignant" />
        <rect y="10" width={share(indeterminate) * 100} height="4" className="fill-indeterminate" />
      </svg>
      <p className="legend small">
        <span>
          <ClassIcon name="benign" /> benign {formatShare(share(benign))}
        </span>
        <span>
          <ClassIcon name="malignant" /> malignant {formatShare(share(malignant))}
        </span>
        <span>
          <ClassIcon name="indeterminate" /> undecided {formatShare(share(indeterminate))}
        </span>
      </p>
    </Panel>
  );
}
