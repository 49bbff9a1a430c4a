import type { Report } from '../../contracts/report.ts';
import { moment, share } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Models that were live in the domain, newest first. */
export function history({ history: champions = [], execution }: Report): Html | undefined {
  if (champions.length === 0) return undefined;
  return html`<section id="history">
<h2>What has been live</h2>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Live since</th><th scope="col">General model</th><th scope="col" class="number">Accuracy</th><th scope="col"></th></tr></thead>
<tbody>${champions.toReversed().map(
    (each) =>
      html`<tr><td>${moment(each.promotedAt)}</td><td class="id">${each.model}/${each.version}</td><td class="number">${share(each.accuracy)}</td><td>${[
        each.execution === execution ? 'this promotion' : undefined,
        each.rolledBack ? 'put back by a person' : undefined,
      ]
        .filter(Boolean)
        .join(', ')}</td></tr>
`,
  )}</tbody></table></div>
<p class="faint">Each accuracy was measured when that model was promoted, on the test images of that time. Where test images have changed since, "live before" above is the fair comparison.</p>
</section>`;
}
