import { describe, expect, test } from 'vitest';
import { conclude, messageOf } from '#core/conclusion.ts';
import type { DomainPromotion } from '#core/contracts/promotion-state.ts';
import {
  confirmedPromotion,
  deployed,
  gated,
  prepared,
  subject,
  trainedModels,
} from '../functions/samples.ts';

const begun: DomainPromotion = { ...subject, chosen: false };
const lambdaError = (errorType: string, errorMessage: string) => ({
  Error: errorType,
  Cause: JSON.stringify({ errorType, errorMessage }),
});
const mismatch = lambdaError('GoldenMismatch', 'says "pear"');
const rejected = {
  ...gated,
  decision: 'REJECT' as const,
  rows: [
    ...gated.rows,
    { rule: 'latency' as const, observed: '2000.0 ms', required: '≤ 1000 ms', passed: false },
  ],
};

describe('a promotion', () => {
  test.each<[string, DomainPromotion, string, RegExp]>([
    [
      'was deployed when its endpoint was confirmed',
      confirmedPromotion,
      'DEPLOYED',
      /0\.900 .*0\.400 without.*2 golden/,
    ],
    [
      'was rejected by the rules that failed, and only those',
      { ...begun, prepared, training: trainedModels, gate: rejected },
      'REJECTED',
      /: latency is 2000\.0 ms, required ≤ 1000 ms$/,
    ],
    [
      'was refused by a person',
      {
        ...begun,
        prepared,
        training: trainedModels,
        gate: gated,
        approval: { approved: false, by: 'jane', comment: 'limes' },
      },
      'REJECTED',
      /^jane says no: limes$/,
    ],
    [
      'had no answer in time',
      { ...begun, gate: gated, approval: { approved: false, by: null, comment: 'Nobody answered' } },
      'REJECTED',
      /^Nobody answered$/,
    ],
    [
      'was approved',
      { ...confirmedPromotion, approval: { approved: true, by: 'jane' } },
      'DEPLOYED',
      /golden images\. Approved by jane$/,
    ],
    [
      'was forced',
      { ...confirmedPromotion, gate: { ...rejected, forced: { by: 'jane', reason: 'Monday' } } },
      'DEPLOYED',
      /Forced by jane \(Monday\)\. The gate says no: latency is/,
    ],
    [
      'was only asked about',
      { ...begun, gate: rejected, manual: { gateOnly: { trainingOf: 'earlier' } } },
      'EVALUATED',
      /^The gate says no: latency is .*earlier trained; nothing was deployed$/,
    ],
    ['was superseded', { ...begun, error: lambdaError('Superseded', 'newer') }, 'SUPERSEDED', /^newer$/],
    [
      'failed for a reason',
      { ...begun, error: lambdaError('InvalidInput', 'labels: missing') },
      'FAILED',
      /^labels: missing$/,
    ],
    [
      'was rolled back to what was there',
      {
        ...begun,
        gate: gated,
        deployment: deployed,
        mismatch,
        restored: { endpoint: 'e', endpointConfig: 'before' },
      },
      'ROLLED_BACK',
      /says "pear"\. e is back on before/,
    ],
    [
      'was rolled back to nothing',
      {
        ...begun,
        gate: gated,
        deployment: deployed,
        mismatch,
        restored: { endpoint: 'e', endpointConfig: null },
      },
      'ROLLED_BACK',
      /says "pear"\. There was no endpoint before/,
    ],
    [
      'was rolled back by SageMaker, for SageMaker’s reason',
      {
        ...begun,
        gate: gated,
        error: { Error: 'RolledBack', Cause: 'SageMaker rolled back (an alarm rang)' },
      },
      'ROLLED_BACK',
      /an alarm rang/,
    ],
    [
      'failed when SageMaker rolled the rolling back back',
      {
        ...begun,
        gate: gated,
        deployment: deployed,
        mismatch,
        error: { Error: 'RolledBack', Cause: 'no room' },
      },
      'FAILED',
      /says "pear"\. The deployment could not be taken back: no room/,
    ],
    [
      'failed when it could not be rolled back',
      { ...begun, gate: gated, deployment: deployed, mismatch, error: lambdaError('Busy', 'changing') },
      'FAILED',
      /says "pear"\. The deployment could not be taken back: changing/,
    ],
    ['failed when its end is unknown', { ...begun, gate: gated }, 'FAILED', /before it came to a result/],
  ])('%s', (_what, promotion, outcome, reason) => {
    expect(conclude(promotion)).toEqual({ outcome, reason: expect.stringMatching(reason) });
  });
});

describe('the sentence in an error', () => {
  test.each([
    [{ Error: 'X', Cause: '{"errorMessage":"what happened"}' }, 'what happened'],
    [{ Error: 'X', Cause: 'plain text' }, 'plain text'],
    [{ Error: 'X', Cause: '{"other":1}' }, '{"other":1}'],
    [{ Error: 'X', Cause: '' }, 'X'],
    [{ Error: 'X' }, 'X'],
    [{ Error: 'States.Timeout' }, 'It took too long'],
  ])('of %j is %s', (error, sentence) => {
    expect(messageOf(error)).toBe(sentence);
  });
});
