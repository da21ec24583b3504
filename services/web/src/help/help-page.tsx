import { Link } from 'react-router';
import { withBasePath } from '../api/base-path';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './help.module.css';

export function HelpPage() {
  usePageTitle(TEXTS.title);
  return (
    <div className={ui.page}>
      <h1>{TEXTS.title}</h1>
      <p className={ui.lead}>{TEXTS.lead}</p>
      <Panel title={TEXTS.firstResult.title}>
        <ol className={styles.steps}>
          <li>
            {TEXTS.firstResult.enter((text) => (
              <Link to="/predictions/new">{text}</Link>
            ))}
          </li>
          <li>{TEXTS.firstResult.check}</li>
          <li>{TEXTS.firstResult.read}</li>
        </ol>
      </Panel>
      <Panel title={TEXTS.reading.title}>
        <Terms terms={TEXTS.reading.terms} />
      </Panel>
      <Panel title={TEXTS.files.title}>
        <ul className={ui.bullets}>
          <li>
            {TEXTS.files.upload((text) => (
              <Link to="/batches/new">{text}</Link>
            ))}
          </li>
          <li>
            {TEXTS.files.worklist((text) => (
              <Link to="/worklist">{text}</Link>
            ))}
          </li>
          <li>
            {TEXTS.files.importProfiles((text) => (
              <Link to="/import-profiles">{text}</Link>
            ))}
          </li>
          <li>
            {TEXTS.files.performance((text) => (
              <Link to="/performance">{text}</Link>
            ))}
          </li>
        </ul>
      </Panel>
      <Panel title={TEXTS.keyboard.title}>
        <Terms terms={TEXTS.keyboard.keys} />
      </Panel>
      <Panel title={TEXTS.more.title}>
        <ul className={ui.bullets}>
          <li>
            {TEXTS.more.models((text) => (
              <Link to="/models">{text}</Link>
            ))}
          </li>
          <li>
            {TEXTS.more.api((text) => (
              <a href={withBasePath('/docs')}>{text}</a>
            ))}
          </li>
          <li>{TEXTS.more.support}</li>
        </ul>
      </Panel>
    </div>
  );
}

function Terms({ terms }: { terms: readonly { term: string; meaning: string }[] }) {
  return (
    <dl className={styles.factsList}>
      {terms.map(({ term, meaning }) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
