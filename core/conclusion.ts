import type { OutcomeName } from './contracts/outcome.ts';
import type { DomainPromotion, Gated, StateError } from './contracts/promotion-state.ts';
import { ROLLED_BACK } from './errors.ts';

/**
 * The sentence inside a state's error. Lambda wraps the message of what was thrown into JSON
 * (`errorMessage`); `SendTaskFailure` and Step Functions itself give plain text or nothing.
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

/** Names the rules that failed. */
function gateSaysNo({ rows }: Gated): string {
  const rules = rows
    .filter((row) => !row.passed)
    .map((row) => `${row.rule} is ${row.observed}, required ${row.required}`);
  return `The gate says no: ${rules.join('; ')}`;
}

/** The outcome of a domain's promotion and its reason, from how far the promotion came. */
export function conclude(promotion: DomainPromotion): { outcome: OutcomeName; reason: string } {
  const {
    error,
    mismatch,
    restored,
    gate: gateDecision,
    approval,
    deployment,
    confirmed,
    manual,
  } = promotion;
  if (error !== undefined) {
    if (error.Error === 'Superseded') return { outcome: 'SUPERSEDED', reason: messageOf(error) };
    // When SageMaker rolls a restoration back, the unconfirmed model stays live: that is a failure.
    if (error.Error === ROLLED_BACK && mismatch === undefined) {
      return { outcome: 'ROLLED_BACK', reason: messageOf(error) };
    }
    const reason = mismatch
      ? `${messageOf(mismatch)}. The deployment could not be taken back: ${messageOf(error)}`
      : messageOf(error);
    return { outcome: 'FAILED', reason };
  }
  if (mismatch !== undefined && restored !== undefined) {
    const after = afterRestoration(restored, deployment);
    return { outcome: 'ROLLED_BACK', reason: `${messageOf(mismatch)}. ${after}` };
  }
  if (gateDecision !== undefined && manual?.gateOnly !== undefined) {
    const answer = gateDecision.decision === 'PROMOTE' ? 'The gate says yes' : gateSaysNo(gateDecision);
    return {
      outcome: 'EVALUATED',
      reason: `${answer}. Asked about what ${manual.gateOnly.trainingOf} trained; nothing was deployed`,
    };
  }
  if (gateDecision?.decision === 'REJECT' && gateDecision.forced === undefined) {
    return { outcome: 'REJECTED', reason: gateSaysNo(gateDecision) };
  }
  if (approval?.approved === false) {
    const why = approval.comment ?? 'no reason given';
    return { outcome: 'REJECTED', reason: approval.by === null ? why : `${approval.by} says no: ${why}` };
  }
  if (manual?.rollback !== undefined && deployment !== undefined && confirmed !== undefined) {
    const { from, target } = manual.rollback;
    const why = from.reason === undefined ? '' : ` (${from.reason})`;
    return {
      outcome: 'DEPLOYED',
      reason: `${from.by} rolled ${deployment.endpoint} back from ${from.version} to ${target.version}${why}: accuracy ${target.accuracy.toFixed(3)} when it was promoted at ${target.promotedAt}, confirmed on ${confirmed.goldenImages} golden images`,
    };
  }
  if (gateDecision !== undefined && deployment !== undefined && confirmed !== undefined) {
    const [transferAccuracy, baselineAccuracy] = [
      gateDecision.transferAccuracy,
      gateDecision.baselineAccuracy,
    ].map((a) => a.toFixed(3));
    return {
      outcome: 'DEPLOYED',
      reason: [
        `${deployment.endpoint} serves a model with accuracy ${transferAccuracy} (${baselineAccuracy} without transfer learning), confirmed on ${confirmed.goldenImages} golden images`,
        ...(approval?.by ? [`Approved by ${approval.by}`] : []),
        ...(gateDecision.forced
          ? [
              `Forced by ${gateDecision.forced.by} (${gateDecision.forced.reason}). ${gateSaysNo(gateDecision)}`,
            ]
          : []),
      ].join('. '),
    };
  }
  return { outcome: 'FAILED', reason: 'The promotion ended before it came to a result' };
}

function afterRestoration(
  restored: NonNullable<DomainPromotion['restored']>,
  deployment: DomainPromotion['deployment'],
): string {
  if (deployment?.targetModel !== undefined) {
    const before = deployment.previous?.version;
    return before === undefined ? 'No request gets to the model' : `Requests still get to ${before}`;
  }
  if (restored.endpointConfig !== null) return `${restored.endpoint} is back on ${restored.endpointConfig}`;
  return 'There was no endpoint before, so it was deleted';
}
