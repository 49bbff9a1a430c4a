import { useLocation } from 'wouter-preact';
import type { ExecutionRow, PromotionEvents } from '../../contracts/promotions.ts';
import { act } from '../ask.ts';
import { Confirm } from '../components/confirm.tsx';

interface PromotionActionsProps {
  promotion: ExecutionRow;
  domain: string;
  outcome: PromotionEvents['outcome'] | undefined;
}

/** What a person can do about a promotion that runs, or that has ended. */
export function PromotionActions({ promotion, domain, outcome }: PromotionActionsProps) {
  const [, go] = useLocation();
  const { execution, status, model, version, kind, domains } = promotion;
  const start = async (body: object) => {
    const started = await act<{ execution: string }>(`/api/domains/${domain}/promote`, {
      model,
      version,
      ...body,
    });
    go(`/promotions/${started.execution}/${domain}`);
  };
  if (status === 'RUNNING') {
    const others = domains?.length === 1 ? '' : ' For all of its domains, not for this one only.';
    return (
      <div class="buttons">
        <Confirm
          label="Stop …"
          tone="bad"
          title="Stop this promotion?"
          reason="must"
          act={async (reason) => {
            await act(`/api/promotions/${execution}/stop`, { reason });
          }}
        >
          <p>
            The execution ends now, and so do its training jobs; what they have made is lost.{others} What is
            live stays live. An endpoint that is changing at this moment goes on changing.
          </p>
        </Confirm>
      </div>
    );
  }
  if (model === undefined || kind === 'rollback') return null;
  return (
    <div class="buttons">
      <Confirm label="Promote again …" title={`Promote ${model} to ${domain} again?`} act={() => start({})}>
        <p>
          {model} {version} is trained on the images that {domain} has now, judged by its gate, and deployed
          if the gate says yes.
        </p>
      </Confirm>
      <Confirm
        label="Ask the gate again …"
        title="Ask the gate again?"
        act={() => start({ gateOnly: { trainingOf: execution } })}
      >
        <p>
          The gate decides about what this promotion has trained, with the policy that {domain} has now.
          Nothing is trained and nothing is deployed.
        </p>
      </Confirm>
      {outcome?.outcome === 'REJECTED' && (
        <Confirm
          label="Force …"
          tone="bad"
          title={`Promote ${model} to ${domain} although the gate says no?`}
          reason="must"
          act={(reason) => start({ force: { reason } })}
        >
          <p>
            {model} {version} is trained and judged once more, and deployed whatever the gate says. Signature,
            digests and golden images are still checked. The report shows your name and your reason above
            everything else.
          </p>
        </Confirm>
      )}
    </div>
  );
}
