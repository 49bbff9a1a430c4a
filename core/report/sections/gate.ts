import type { Report } from '../../contracts/report.ts';
import { type Html, html } from '../html.ts';

/** Every rule with its observed and its required value. */
export function gateRows({ gate: rows }: Pick<Report, 'gate'>): Html {
  if (rows.length === 0) {
    return html`<section id="gate"><h2>Gate</h2><p>The gate was not asked: the promotion ended before.</p></section>`;
  }
  const failed = rows.filter((row) => !row.passed).length;
  return html`<section id="gate">
<h2>Gate</h2>
<p>${failed === 0 ? `All ${rows.length} rules passed.` : `${failed} of ${rows.length} rules failed; one is enough to reject.`}</p>
<div class="scroll" tabindex="0"><table class="wide"><thead><tr><th scope="col">Rule</th><th scope="col">Observed</th><th scope="col">Required</th><th scope="col">Result</th></tr></thead>
<tbody>${rows.map(
    ({ rule, observed, required, passed }) =>
      html`<tr><th scope="row">${rule}</th><td class="any">${observed}</td><td class="any">${required}</td><td class="result ${passed ? 'good' : 'bad'}">${passed ? '✓ passed' : '✗ failed'}</td></tr>
`,
  )}</tbody></table></div>
</section>`;
}
