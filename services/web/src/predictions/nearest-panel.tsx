import type { Feature, FeatureValues, Neighbor } from '@cytoqueue/client';
import { ClassSign } from '../design/class-sign';
import { countOf } from '../design/numbers';
import { Panel } from '../design/panel';
import { isGrade } from './cell';
import { GradeAxis, GradeStrip } from './grade-strip';

interface NearestPanelProps {
  record: FeatureValues;
  neighbors: readonly Neighbor[];
  features: readonly Feature[];
}

/** The known cases most like the record, beside it: as signs over the scale, and as figures. */
export function NearestPanel({ record, neighbors, features }: NearestPanelProps) {
  return (
    <Panel title="The nearest known cases" className="wide" lead={describe(neighbors)}>
      <div className="table-scroll" role="region" aria-label="Table of the nearest cases" tabIndex={0}>
        <table className="cases">
          <Head neighbors={neighbors} hasStrip={features.every(isGrade)} />
          <tbody>
            {features.map((feature) => <FeatureRow key={feature.name} feature={feature} record={record} neighbors={neighbors} hasStrip={features.every(isGrade)} />)}
          </tbody>
          <Foot neighbors={neighbors} hasStrip={features.every(isGrade)} />
        </table>
      </div>
      <p className="legend small">
        <span><svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true"><rect x="-4.500" y="-7" width="9" height="14" rx="3" className="record-mark" /></svg> this record</span>
        <span><ClassSign name="benign" /> benign case</span>
        <span><ClassSign name="malignant" /> malignant case</span>
      </p>
    </Panel>
  );
}

function describe(neighbors: readonly Neighbor[]): string {
  const malignant = neighbors.filter((neighbor) => neighbor.class === 'malignant').length;
  const share = malignant === 0 ? 'none is' : malignant === neighbors.length ? 'all are' : countOf(malignant, 'is', 'are');
  return `Of the ${neighbors.length} training cases most like this record, ${share} malignant. They are what the model compares with: look whether they are alike to your eye too.`;
}

function Head({ neighbors, hasStrip }: { neighbors: readonly Neighbor[]; hasStrip: boolean }) {
  return (
    <thead>
      <tr>
        <th scope="col">Feature</th>
        {hasStrip && <td className="strip"><GradeAxis /></td>}
        <th scope="col" className="number own">This record</th>
        {neighbors.map((neighbor, index) => (
          <th key={neighbor.training_row} scope="col" className="number">
            <ClassSign name={neighbor.class} /> <span className="visually-hidden">case </span>{index + 1}<span className="visually-hidden">, {neighbor.class}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface FeatureRowProps extends Omit<NearestPanelProps, 'features'> {
  feature: Feature;
  hasStrip: boolean;
}

function FeatureRow({ feature: { name, title }, record, neighbors, hasStrip }: FeatureRowProps) {
  const own = record[name] ?? null;
  return (
    <tr>
      <th scope="row">{title}</th>
      {hasStrip && <td className="strip"><GradeStrip own={own} cases={neighbors.map((neighbor) => ({ class: neighbor.class, grade: neighbor.features[name] }))} /></td>}
      <td className="number own">{own ?? '?'}</td>
      {neighbors.map(({ training_row, features }) => (
        <td key={training_row} className="number" data-same={features[name] === own || undefined}>{features[name] ?? '?'}</td>
      ))}
    </tr>
  );
}

function Foot({ neighbors, hasStrip }: { neighbors: readonly Neighbor[]; hasStrip: boolean }) {
  const rows = [
    { title: 'Class in fact', own: '?', cell: (neighbor: Neighbor) => neighbor.class },
    { title: 'Distance from the record', own: '0', cell: (neighbor: Neighbor) => neighbor.distance.toFixed(3) },
    { title: 'Row of the training file', own: '–', cell: (neighbor: Neighbor) => neighbor.training_row },
  ];
  return (
    <tfoot>
      {rows.map(({ title, own, cell }) => (
        <tr key={title}>
          <th scope="row" colSpan={hasStrip ? 2 : 1}>{title}</th>
          <td className="number own">{own}</td>
          {neighbors.map((neighbor) => <td key={neighbor.training_row} className="number">{cell(neighbor)}</td>)}
        </tr>
      ))}
    </tfoot>
  );
}
