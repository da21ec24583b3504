import type { Agreement, ConfusionMatrix } from '@cytoqueue/client';
import { ClassIcon } from '../../ui/class-icon';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { formatProportion } from '../../ui/proportion';
import { TableScroll } from '../../ui/table-scroll';
import type { BatchClasses } from '../batch-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Compares the results with the class column of the file, which was not used for scoring. */
export function AgreementPanel({ agreement, classes }: { agreement: Agreement; classes: BatchClasses }) {
  const { column, confident } = agreement;
  const rows = [
    {
      name: classes.positive,
      negative: confident.false_negative,
      positive: confident.true_positive,
      total: agreement.true_positive + agreement.false_negative,
    },
    {
      name: classes.negative,
      negative: confident.true_negative,
      positive: confident.false_positive,
      total: agreement.true_negative + agreement.false_positive,
    },
  ];
  return (
    <Panel title={TEXTS.agreementPanel.title(column)} lead={TEXTS.agreementPanel.lead}>
      <TableScroll label={TEXTS.agreementPanel.table}>
        <table className={`${ui.list} ${ui.compact} ${ui.cards}`}>
          <thead>
            <tr>
              <th scope="col">{TEXTS.agreementPanel.inYourFile}</th>
              <th scope="col" className={ui.number}>
                <ClassIcon name="benign" /> {TEXTS.likely(classes.negative)}
              </th>
              <th scope="col" className={ui.number}>
                <ClassIcon name="indeterminate" /> {TEXTS.undecided}
              </th>
              <th scope="col" className={ui.number}>
                <ClassIcon name="malignant" /> {TEXTS.likely(classes.positive)}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.agreementPanel.all}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, negative, positive, total }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <Count
                  label={TEXTS.likely(classes.negative)}
                  value={negative}
                  contradicts={name === classes.positive}
                />
                <Count label={TEXTS.undecided} value={total - negative - positive} />
                <Count
                  label={TEXTS.likely(classes.positive)}
                  value={positive}
                  contradicts={name === classes.negative}
                />
                <Count label={TEXTS.agreementPanel.all} value={total} />
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      <dl className={ui.facts}>
        {[
          [TEXTS.agreementPanel.sensitivity, sensitivity(confident)],
          [TEXTS.agreementPanel.specificity, specificity(confident)],
          [TEXTS.agreementPanel.sensitivityOfAll, sensitivity(agreement)],
          [TEXTS.agreementPanel.specificityOfAll, specificity(agreement)],
        ].map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd translate="no">{text}</dd>
          </div>
        ))}
      </dl>
      <p className={ui.note}>{TEXTS.agreementPanel.interval}</p>
    </Panel>
  );
}

interface CountProps {
  /** The column, which a narrow window shows beside the number. */
  label: string;
  value: number;
  contradicts?: boolean;
}

function Count({ label, value, contradicts = false }: CountProps) {
  return (
    <td className={ui.number} data-label={label}>
      <span>
        {contradicts && value > 0 && (
          <>
            <span className={`${ui.chip} ${ui.chipWarning}`}>{TEXTS.agreementPanel.contradicts}</span>{' '}
          </>
        )}
        <span translate="no">{formatCount(value)}</span>
      </span>
    </td>
  );
}

function sensitivity({ true_positive, false_negative }: ConfusionMatrix): string {
  return formatProportion(true_positive, true_positive + false_negative);
}

function specificity({ true_negative, false_positive }: ConfusionMatrix): string {
  return formatProportion(true_negative, true_negative + false_positive);
}
