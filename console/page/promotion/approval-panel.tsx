import type { OpenApproval } from '../../contracts/promotions.ts';
import { act } from '../ask.ts';
import { Confirm } from '../components/confirm.tsx';

interface ApprovalPanelProps {
  approval: OpenApproval;
  execution: string;
  domain: string;
}

/** The question that a promotion puts, and its two answers. */
export function ApprovalPanel({ approval, execution, domain }: ApprovalPanelProps) {
  const { expiresAt, decision, transferAccuracy, baselineAccuracy } = approval;
  const path = `/api/promotions/${execution}/${domain}`;
  return (
    <section class="question" aria-label="Approval">
      <p>
        The gate says <b>{decision === 'PROMOTE' ? 'yes' : 'no'}</b>. Accuracy {transferAccuracy.toFixed(3)},{' '}
        {baselineAccuracy.toFixed(3)} without transfer learning. Without an answer by{' '}
        {expiresAt.slice(0, 16).replace('T', ' ')} UTC it is rejected.
      </p>
      <div class="buttons">
        <Confirm
          label="Approve …"
          tone="good"
          title={`Approve the promotion of ${domain}?`}
          reason="may"
          act={async (comment) => {
            await act(`${path}/approve`, comment === '' ? {} : { comment });
          }}
        >
          <p>
            The model is deployed to the endpoint of {domain}, asked about golden images, and live from then
            on. If it does not answer as it did in training, what is live now is put back.
          </p>
        </Confirm>
        <Confirm
          label="Reject …"
          tone="bad"
          title={`Reject the promotion of ${domain}?`}
          reason="must"
          act={async (comment) => {
            await act(`${path}/reject`, { comment });
          }}
        >
          <p>The promotion ends as rejected. What is live stays live.</p>
        </Confirm>
      </div>
    </section>
  );
}
