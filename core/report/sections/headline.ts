import type { Report, ReportOutcome, Score } from '../../contracts/report.ts';
import { duration, moment, share } from '../format.ts';
import { type Html, html } from '../html.ts';

const tone: Record<ReportOutcome, string> = {
  DEPLOYED: 'good',
  REJECTED: 'bad',
  ROLLED_BACK: 'bad',
  SUPERSEDED: 'neutral',
  EVALUATED: 'neutral',
  FAILED: 'bad',
  AWAITING_APPROVAL: 'neutral',
};

/** The outcome, its reason, and the three accuracies that a promotion is about. */
export function headline(report: Report): Html {
  const { baseline, transfer, champion } = report.scores;
  const took =
    report.startedAt === undefined
      ? undefined
      : `, ${duration((Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000)} after the promotion began`;
  return html`<header id="headline">
<p class="faint">Promotion report</p>
<h1>${report.domain} <span class="outcome ${tone[report.outcome]}">${report.outcome}</span></h1>
${forcedBy(report)}
<p>${report.reason}</p>
${answeredBy(report)}
<p class="faint">General model <span class="id">${report.model}/${report.version}</span>, ${report.outcome === 'AWAITING_APPROVAL' ? 'written' : 'finished'} ${moment(report.finishedAt)}${took}</p>
${
  baseline || transfer
    ? html`<div class="figures">${[
        figure('Without transfer learning', baseline),
        champion ? figure('Live before, on the same images', champion) : undefined,
        figure('With transfer learning', transfer),
      ]}</div>`
    : html`<p>No model was evaluated, so there are no accuracies to show.</p>`
}
</header>`;
}

/** Above everything else: the reader has to know that the gate's decision did not count. */
function forcedBy({ forced }: Report): Html | undefined {
  if (forced === undefined) return undefined;
  return html`<p class="notice bad"><span><b>Forced by ${forced.by}</b>, although the gate said no: ${forced.reason}</span></p>`;
}

function answeredBy({ approval }: Report): Html | undefined {
  if (approval?.by == null) return undefined;
  const comment = approval.comment === undefined ? '' : `: ${approval.comment}`;
  return html`<p>${approval.approved ? 'Approved' : 'Rejected'} by <b>${approval.by}</b>${comment}</p>`;
}

function figure(name: string, score: Score | undefined): Html {
  if (score === undefined)
    return html`<div class="figure">${name}<b>–</b><span class="faint">not evaluated</span></div>`;
  const { lower, upper } = score.interval;
  return html`<div class="figure">${name}<b>${share(score.accuracy)}</b><span class="faint">${score.right} of ${score.testImages} test images; 95 % interval ${share(lower)} to ${share(upper)}</span></div>`;
}
