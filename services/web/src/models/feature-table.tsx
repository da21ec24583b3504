import type { Feature } from '@cytoqueue/client';
import { Panel } from '../design/panel';
import { describeRange } from '../predictions/cell';

export function FeatureTable({ features }: { features: readonly Feature[] }) {
  return (
    <Panel title="What it reads">
      <div className="table-scroll" role="region" aria-label="Features" tabIndex={0}>
        <table className="list compact">
          <thead><tr><th scope="col">Feature</th><th scope="col">Meaning</th><th scope="col">Lowest</th><th scope="col">Highest</th><th scope="col">Values</th><th scope="col">Other names</th></tr></thead>
          <tbody>
            {features.map((feature) => (
              <tr key={feature.name}>
                <th scope="row">{feature.title}</th>
                <td>{feature.description}</td>
                <td>{feature.low}</td>
                <td>{feature.high}</td>
                <td>{describeRange(feature)}</td>
                <td className="small">{feature.aliases.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
