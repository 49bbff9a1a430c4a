import type { OutcomeName } from './contracts/outcome.ts';
import type { DomainPromotion, StateError } from './contracts/promotion-state.ts';
import { ROLLED_BACK } from './errors.ts';

/**
 * The sentence inside a state's error. Lambda wraps what was thrown into JSON (`errorMessage`); `SendTaskFailure` and Step Functions
 * itself give plain text, or nothing.
 */
export function messageOf({ Error: name, Cause: cause }: StateError): string {
  if (cause === undefined || cause === '') return name === 'States.Timeout' ? 'It took too long' : name;
  try {
    const parsed = JSON.parse(cause) as { errorMessage?: unknown };
    if (typeof parsed.errorMessage === 'string' && parsed.errorMessage !== '') return parsed.errorMessage;
  } catch {
    // Plain text.
  }
  return cause;
}

/** How a domain's promotion ended, and why, from how far it came. */
export function conclude(promotion: DomainPromotion): { outcome: OutcomeName; reason: string } {
  const { error, mismatch, restored, gate, deployment, confirmed } = promotion;
  if (error !== undefined) {
    if (error.Error === 'Superseded') return { outcome: 'SUPERSEDED', reason: messageOf(error) };
    // Of a restoration that SageMaker rolled back, the unconfirmed model is what is left live: that is a failure.
    if (error.Error === ROLLED_BACK && mismatch === undefined) {
      return { outcome: 'ROLLED_BACK', reason: messageOf(error) };
    }
    const reason = mismatch
      ? `${messageOf(mismatch)}. The deployment could not be taken back: ${messageOf(error)}`
      : messageOf(error);
    return { outcome: 'FAILED', reason };
  }
  if (mismatch !== undefined && restored !== undefined) {
    const after =
      restored.endpointConfig === null
        ? 'There was no endpoint before, so it was deleted'
        : `${restored.endpoint} is back on ${restored.endpointConfig}`;
    return { outcome: 'ROLLED_BACK', reason: `${messageOf(mismatch)}. ${after}` };
  }
  if (gate?.decision === 'REJECT') {
    const failed = gate.rows.filter((row) => !row.passed);
    const rules = failed.map((row) => `${row.rule} is ${row.observed}, required ${row.required}`);
    return { outcome: 'REJECTED', reason: `The gate says no: ${rules.join('; ')}` };
  }
  if (gate !== undefined && deployment !== undefined && confirmed !== undefined) {
    const [transfer, baseline] = [gate.transferAccuracy, gate.baselineAccuracy].map((a) => a.toFixed(3));
    return {
      outcome: 'DEPLOYED',
      reason: `${deployment.endpoint} serves a model with accuracy ${transfer} (${baseline} without transfer learning), confirmed on ${confirmed.goldenImages} golden images`,
    };
  }
  return { outcome: 'FAILED', reason: 'The promotion ended before it came to a result' };
}
