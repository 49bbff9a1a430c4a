import { Link } from 'wouter-preact';
import { Heading } from '../components/heading.tsx';
import { Markup } from '../components/markup.tsx';
import { Outcome } from '../components/outcome.tsx';
import { Problem } from '../components/problem.tsx';
import { ApprovalPanel } from './approval-panel.tsx';
import { CurveChart } from './curve-chart.tsx';
import { LogView } from './log-view.tsx';
import { PromotionActions } from './promotion-actions.tsx';
import { StateGraph } from './state-graph.tsx';
import { usePromotion } from './use-promotion.ts';

/** One domain's promotion, as it runs and afterwards. */
export function PromotionPage({ execution, domain }: { execution: string; domain: string }) {
  const { told, error } = usePromotion(execution, domain);
  const { promotion, graph, states = [], bills = {}, curves, logs, approval, report = [], outcome } = told;
  const trained = [curves.transfer, curves.baseline].filter((curve) => curve !== undefined);
  /** A promotion that was stopped has no outcome, but says who stopped it, and why. */
  const ending = outcome?.reason ?? (promotion?.status === 'RUNNING' ? undefined : promotion?.summary);
  /** The report shows them too. */
  const hasCurves = report.some(({ id }) => id === 'accuracy');
  return (
    <>
      <Heading title={`Promotion of ${domain}`}>
        {promotion && <Outcome of={approval ? 'APPROVAL' : (outcome?.outcome ?? promotion.status)} />}
      </Heading>
      <p class="faint">
        <Link href={`/domains/${domain}`}>{domain}</Link> ·{' '}
        <Link href={`/promotions/${execution}`} class="id">
          {execution}
        </Link>
      </p>
      {error && <Problem error={error} />}
      {ending && <p aria-live="polite">{ending}</p>}
      {promotion && <PromotionActions promotion={promotion} domain={domain} outcome={outcome} />}
      {approval && <ApprovalPanel approval={approval} execution={execution} domain={domain} />}
      <div class="promotion">
        {graph && <StateGraph graph={graph} states={states} bills={bills} />}
        <div class="details">
          {trained.length > 0 && !hasCurves && (
            <section aria-labelledby="curves">
              <h2 id="curves">Training</h2>
              <div class="curves">
                {trained.map((curve) => (
                  <CurveChart key={curve.mode} curve={curve} />
                ))}
              </div>
            </section>
          )}
          {report.map(({ id, markup }) => (
            <Markup key={id} markup={markup} />
          ))}
          <LogView logs={logs} />
        </div>
      </div>
    </>
  );
}
