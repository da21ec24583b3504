import type { Feature } from '@cytoqueue/client';
import { Panel } from '../ui/panel';
import { rangeText } from '../predictions/form/feature-value';
import { TableScroll } from '../ui/table-scroll';

export function FeatureTable({ features }: { features: readonly Feature[] }) {
  return (
    <Panel title="Features">
      <TableScroll label="Features">
        <table className="list compact">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Meaning</th>
              <th scope="col">Lowest</th>
              <th scope="col">Highest</th>
              <th scope="col">Values</th>
              <th scope="col">Other names</th>
            </tr>
          </thead>
          <tbody>
            {features.map((feature) => (
              <tr key={feature.name}>
                <th scope="row">{feature.title}</th>
                <td>{feature.description}</td>
                <td>{feature.low}</td>
                <td>{feature.high}</td>
                <td>{rangeText(feature)}</td>
                <td className="small">{feature.aliases.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </Panel>
  );
}
