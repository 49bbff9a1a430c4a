import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSts } from '../../src/services/sts/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

let local: LocalAws;
beforeAll(async () => {
  local = await startLocal({ services: [createSts] });
});
afterAll(() => local.stop());

describe('a query-protocol client', () => {
  it('gets its answer', async () => {
    const answer = await local.client(STSClient).send(new GetCallerIdentityCommand({}));

    expect(answer.Account).toBe('000000000000');
  });
});
