import type { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pendingApprovalSchema } from '#core/contracts/approval.ts';
import { approvalKey } from '#core/keys.ts';
import { createAwaitApproval } from '../../functions/await-approval.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { gated, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let sns: RecordingClient<SNSClient>;
beforeEach(() => {
  sns = recordingClient<SNSClient>({ Publish: {} });
});
const ask = (changes: object = {}) =>
  createAwaitApproval(stage.services({ sns: sns.client, now: () => Date.UTC(2026, 10, 23, 17) }))({
    ...subject,
    token: 'token-1',
    gate: gated,
    policy: { required: true, timeoutSeconds: 3600 },
    again: false,
    ...changes,
  });
const stored = () => stage.json(buckets.artifacts, approvalKey(subject.execution, subject.domain));

describe('await-approval', () => {
  test('stores the token with the gate decision and the deadline', async () => {
    expect(await ask()).toEqual({ expiresAt: '2026-11-23T18:00:00.000Z' });

    expect(pendingApprovalSchema.parse(await stored())).toMatchObject({
      ...subject,
      token: 'token-1',
      askedAt: '2026-11-23T17:00:00.000Z',
      expiresAt: '2026-11-23T18:00:00.000Z',
      rows: gated.rows,
    });
  });

  test('sends the gate decision and both ways to answer', async () => {
    await ask();

    const [message] = sns.inputsOf('Publish');
    expect(message!.Subject).toMatch(/^[\x20-\x7e]{1,100}$/);
    expect(message!.Message).toMatch(/The gate says yes:\n {2}yes {2}test-images {2}40, required ≥ 4/);
    expect(message!.Message).toContain('graft approve produce --execution promote-icons');
    expect(message!.Message).toContain('graft reject produce --execution promote-icons --reason');
    expect(message!.Message).toContain(
      `aws stepfunctions send-task-success \\\n  --task-output '{"approved":true,"by":"your name"}' \\\n  --task-token 'token-1'`,
    );
    expect(message!.MessageAttributes).toMatchObject({
      domain: { StringValue: 'produce' },
      outcome: { StringValue: 'AWAITING_APPROVAL' },
    });
  });

  test('says who forces a model', async () => {
    await ask({ gate: { ...gated, decision: 'REJECT', forced: { by: 'jane', reason: 'Monday' } } });

    expect(sns.inputsOf('Publish')[0]!.Message).toContain('The gate says no, and jane forces it (Monday)');
    expect(await stored()).toMatchObject({ decision: 'REJECT', forced: { by: 'jane' } });
  });

  test('says what an answer needs after one that could not be understood', async () => {
    await ask({ again: true, token: 'token-2' });

    expect(sns.inputsOf('Publish')[0]!.Message).toMatch(/could not be understood.*"approved".*"by"/);
    expect(await stored()).toMatchObject({ token: 'token-2' });
  });

  test('stores the token even when the message cannot be sent, so that a retry replaces it', async () => {
    sns.answer('Publish', serviceError('ThrottlingException', 'Rate exceeded'));

    await expect(ask({ token: 'token-3' })).rejects.toThrow('Rate exceeded');
    expect(await stored()).toMatchObject({ token: 'token-3' });
  });
});
