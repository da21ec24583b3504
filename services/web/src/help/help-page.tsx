import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { withBasePath } from '../api/base-path';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';

export function HelpPage() {
  usePageTitle('Help');
  return (
    <div className="page">
      <h1>Help</h1>
      <p className="lead">Cytoqueue is a second opinion for trained readers, for research. It is no medical device.</p>
      <Panel title="Your first result">
        <ol className="steps">
          <li>
            <Link to="/predictions/new">Enter a record</Link>: your reference and nine grades from 1 to 10. Type them,
            choose them, or paste a row of your sheet.
          </li>
          <li>Compare reference and grades under “Check and send” with your sheet, then get the result.</li>
          <li>Read the result together with the values beside it, and print it if you need it on paper.</li>
        </ol>
      </Panel>
      <Panel title="How to read a result">
        <dl className="facts-list">
          <Term name="Likely benign, likely malignant">
            The model is confident: the probability lies outside the undecided range of 5 to 95 %, and the record
            resembles its training cases. It is neither a diagnosis nor a C1 to C5 category.
          </Term>
          <Term name="Undecided">
            The model is not certain enough, or the record is unusual. Treat it as undecided: it is neither benign nor
            malignant. Check the values against the slide, or ask a second reader.
          </Term>
          <Term name="Unusual record">
            No training case resembles it closely. A typing error or another grade scale is a frequent cause.
          </Term>
          <Term name="Not measured">
            A feature may be left out. The result then states the range of probabilities that its values allow.
          </Term>
          <Term name="Threshold">
            The probability from which a result counts as malignant: 50 %, or the cautious one, which finds 99 % of the
            malignant training cases and calls more benign ones malignant.
          </Term>
        </dl>
      </Panel>
      <Panel title="Files">
        <ul className="limits">
          <li>
            <Link to="/batches/new">Upload a file</Link> with one record a row: CSV, Excel, OpenDocument, JSON Lines or
            Parquet. It is checked first; a batch is created only when you say so. A template is offered there.
          </li>
          <li>
            Undecided and unusual rows stand first. Open one to see its evidence and to record a second reader’s
            decision; the <Link to="/worklist">worklist</Link> collects those without one.
          </li>
          <li>
            <Link to="/import-profiles">Import profiles</Link> keep how your files are read.
          </li>
          <li>
            Send confirmed diagnoses under <Link to="/performance">Performance</Link> to see how well the model does on
            your own patients.
          </li>
        </ul>
      </Panel>
      <Panel title="Keyboard in the form of a record">
        <dl className="facts-list">
          <Term name="1 to 9, and 1 0 for 10">choose the grade and move to the next feature</Term>
          <Term name="N or ?">not measured</Term>
          <Term name="Backspace">clears the grade, then goes back to the feature before</Term>
          <Term name="Arrow keys">change the grade</Term>
        </dl>
      </Panel>
      <Panel title="More">
        <ul className="limits">
          <li>
            <Link to="/models">Models</Link>: what each was trained on, its performance and its limits of use
          </li>
          <li>
            <a href={withBasePath('/docs')}>API documentation</a> for programs
          </li>
          <li>When something fails, tell your administrator the request number that the message shows.</li>
        </ul>
      </Panel>
    </div>
  );
}

function Term({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
