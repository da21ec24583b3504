import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './record-form.module.css';

const KEYS = [
  [['1', '…', '10'], TEXTS.keyHints.grade],
  [['N', TEXTS.keyHints.or, '?'], TEXTS.keyHints.notMeasured],
  [['←', '→'], TEXTS.keyHints.change],
  [['Enter'], TEXTS.keyHints.next],
  [['⌫'], TEXTS.keyHints.clear],
  [['Ctrl', '+', 'V'], TEXTS.keyHints.paste],
] as const;

const WORDS = ['…', TEXTS.keyHints.or, '+'];

export function KeyHints() {
  return (
    <details className={`${styles.hints} ${ui.small}`}>
      <summary>{TEXTS.keyHints.title}</summary>
      <dl>
        {KEYS.map(([keys, effect]) => (
          <div key={effect}>
            <dt translate="no">
              {keys.map((key) => (WORDS.includes(key) ? <span key={key}> {key} </span> : <kbd key={key}>{key}</kbd>))}
            </dt>
            <dd>{effect}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
