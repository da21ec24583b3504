// In the order of their precedence: where two have a rule for the same element, the later sheet wins.
import text from './text.module.css';
import page from './page.module.css';
import button from './button.module.css';
import panel from './panel.module.css';
import notice from './notice.module.css';
import field from './field.module.css';
import facts from './facts.module.css';
import table from './table.module.css';
import chart from './chart.module.css';

/** Classes of the shared parts. Those that only one component uses are imported by it alone. */
export const ui = { ...text, ...page, ...button, ...panel, ...notice, ...field, ...facts, ...table, ...chart };
