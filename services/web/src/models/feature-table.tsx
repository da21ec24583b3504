import type { Feature } from '@cytoqueue/client';
import { Panel } from '../ui/panel';
import { rangeText } from '../predictions/form/feature-value';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function FeatureTable({ features }: { features: readonly Feature[] }) {
  return (
    <Panel title={TEXTS.featureTable.title}>
      <TableScroll label={TEXTS.featureTable.title}>
        <table className={`${ui.list} ${ui.compact}`}>
          <thead>
            <tr>
              <th scope="col">{TEXTS.featureTable.feature}</th>
              <th scope="col">{TEXTS.featureTable.meaning}</th>
              <th scope="col">{TEXTS.featureTable.lowest}</th>
              <th scope="col">{TEXTS.featureTable.highest}</th>
              <th scope="col">{TEXTS.featureTable.values}</th>
              <th scope="col">{TEXTS.featureTable.aliases}</th>
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
                <td className={ui.small}>{feature.aliases.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </Panel>
  );
}
