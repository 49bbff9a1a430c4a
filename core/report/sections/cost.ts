import type { Report, ReportJob } from '../../contracts/report.ts';
import { dollars, duration } from '../format.ts';
import { type Html, html } from '../html.ts';

const names: Record<ReportJob['mode'], string> = {
  transfer: 'transfer (with transfer learning)',
  baseline: 'baseline (without transfer learning)',
};

/** How long the jobs waited and ran, and their list price. */
export function cost({ cost: { jobs, prices, total } }: Report): Html {
  if (jobs.length === 0) {
    return html`<section id="cost"><h2>Time and cost</h2><p>No training job was started, so none was paid for.</p></section>`;
  }
  const recorded = prices.recordedAt === null ? '' : `, written down on ${prices.recordedAt}`;
  return html`<section id="cost">
<h2>Time and cost</h2>
<div class="scroll" tabindex="0"><table class="wide"><thead><tr><th scope="col">Training job</th><th scope="col">Ended as</th><th scope="col">Instance</th><th scope="col" class="number">Waited</th><th scope="col" class="number">Ran</th><th scope="col" class="number">Billable</th><th scope="col" class="number">Per hour</th><th scope="col" class="number">Cost</th></tr></thead>
<tbody>${jobs.map(row)}</tbody>
<tfoot><tr><th scope="row" colspan="7">Together</th><td class="number"><b>${dollars(total)}</b></td></tr></tfoot></table></div>
<p class="faint">List prices of on-demand training in ${prices.region}${recorded} (${prices.source}), in USD; yours may differ. Only the instances of the training jobs are counted: not the endpoint, storage, requests or the state machine.${
    total === null
      ? ' "unknown": SageMaker has not said how long the job is billed for, or the price of its instance type is not in the list.'
      : ''
  }</p>
</section>`;
}

function row(job: ReportJob): Html {
  const { createdAt, startedAt, instances, instanceType } = job;
  const waited =
    createdAt === undefined || startedAt === undefined
      ? '–'
      : duration(Math.max(0, Date.parse(startedAt) - Date.parse(createdAt)) / 1000);
  const instance = [
    instances !== undefined && instances > 1 ? `${instances} ×` : undefined,
    instanceType ?? 'unknown',
    job.spot ? 'spot' : undefined,
  ].filter(Boolean);
  return html`<tr><th scope="row">${names[job.mode]}</th><td>${endedAs(job)}</td><td>${instance.join(' ')}</td><td class="number">${waited}</td><td class="number">${seconds(job.seconds)}</td><td class="number">${seconds(job.billableSeconds)}${saved(job)}</td><td class="number">${dollars(job.pricePerHour)}</td><td class="number">${dollars(job.cost)}</td></tr>
`;
}

const saved = ({ savedBySpot }: ReportJob) =>
  savedBySpot === undefined ? '' : ` (spot saved ${Math.round(100 * savedBySpot)} %)`;

const endedAs = ({ status, reusedFrom }: ReportJob) =>
  reusedFrom === undefined ? status : `${status}, reused from ${reusedFrom}`;

const seconds = (value: number | undefined) => (value === undefined ? '–' : duration(value));
