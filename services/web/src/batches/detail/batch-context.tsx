import type { Batch } from '@cytoqueue/client';
import { Link } from 'react-router';
import { useModelVersion } from '../../models/model-queries';
import { formatShare } from '../../ui/format';

/** States the model and the threshold that the results depend on. */
export function BatchContext({ batch: { model, operating_point: point } }: { batch: Batch }) {
  const { data: version } = useModelVersion(model.name, model.version);
  const threshold = point === undefined ? undefined : version?.operating_points[point];
  return (
    <dl className="context" data-cautious={point === 'sensitivity99' || undefined}>
      <div>
        <dt>Model</dt>
        <dd translate="no">
          <Link to={`/models/${model.name}/${model.version}`}>
            {model.name} {model.version}
          </Link>
        </dd>
      </div>
      {threshold !== undefined && (
        <div>
          <dt>Threshold for malignant</dt>
          <dd>
            <span translate="no">{formatShare(threshold)}</span> ({point === 'sensitivity99' ? 'cautious' : 'default'})
          </dd>
        </div>
      )}
      <div>
        <dt>Undecided range</dt>
        <dd translate="no">5–95&nbsp;%</dd>
      </div>
    </dl>
  );
}
