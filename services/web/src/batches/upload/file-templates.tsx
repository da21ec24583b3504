import type { ModelVersion } from '@cytoqueue/client';
import { useDefaults, useModelVersion } from '../../models/model-queries';
import { parseModelReference } from '../../models/model-reference';
import { Button } from '../../ui/button';
import { downloadText } from '../../ui/download-text';
import { isTenStepGrade } from '../../predictions/form/feature-value';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Grades of invented records, one with a feature that was not measured. */
const SAMPLE_GRADES = [
  [5, 1, 1, 1, 2, 1, 3, 1, 1],
  [8, 10, 10, 8, 7, 10, 9, 7, 1],
  [4, 2, 1, 1, 2, '?', 2, 1, 1],
];

/** An empty file with the columns of the laboratory's model, and for grades one with invented records. */
export function FileTemplates() {
  const { data: defaults } = useDefaults();
  const { name, version } = parseModelReference(defaults?.model ?? '');
  const { data } = useModelVersion(name, version, name !== '');
  if (data === undefined) return null;
  return (
    <div className={ui.actions}>
      <Button onPress={() => downloadText('cytoqueue-template.csv', templateOf(data, []))}>
        {TEXTS.fileTemplates.template}
      </Button>
      {data.features.every(isTenStepGrade) && (
        <Button onPress={() => downloadText('cytoqueue-sample.csv', templateOf(data, SAMPLE_GRADES))}>
          {TEXTS.fileTemplates.sample}
        </Button>
      )}
    </div>
  );
}

function templateOf(
  { features }: Pick<ModelVersion, 'features'>,
  rows: readonly (readonly (number | string)[])[],
): string {
  const header = ['sample_id', ...features.map(({ name }) => name)];
  return [header, ...rows.map((cells, index) => [`sample-${index + 1}`, ...cells])]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');
}
