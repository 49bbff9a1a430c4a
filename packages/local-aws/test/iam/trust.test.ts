import { afterEach, describe, expect, it } from 'vitest';
import { createIam } from '../../src/services/iam/index.ts';
import { findRole } from '../../src/services/iam/roles.ts';
import { trustsCaller, trustsService } from '../../src/services/iam/trust.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

const account = '000000000000';
const sagemaker = { Service: 'sagemaker.amazonaws.com' };
const hosting = `arn:aws:sagemaker:eu-central-1:${account}:*`;

let local: LocalAws | undefined;
afterEach(async () => {
  await local?.stop();
  local = undefined;
});

/** A stack with one role, with this in its trust policy's only statement. @returns the role's ARN */
async function roleTrusting(statement: Record<string, unknown>): Promise<string> {
  const trust = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement }] };
  local = await startLocal({
    services: [createIam],
    template: {
      Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trust } } },
      Outputs: { Role: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
    },
  });
  return local.outputs.Role as string;
}

describe('a role that trusts a service', () => {
  it.each([
    ['this account', { StringEquals: { 'aws:SourceAccount': account } }, true],
    ['another account', { StringEquals: { 'aws:SourceAccount': '111122223333' } }, false],
    ['jobs of a name', { ArnLike: { 'aws:SourceArn': hosting.replace('*', 'training-job/shop-*') } }, true],
    [
      'jobs of another name',
      { ArnLike: { 'aws:SourceArn': hosting.replace('*', 'training-job/x-*') } },
      false,
    ],
    ['another region', { ArnLike: { 'aws:SourceArn': hosting.replace('eu-central-1', 'us-east-1') } }, false],
  ])('for %s only lets it act for a job accordingly', async (_name, Condition, expected) => {
    const role = await roleTrusting({ Principal: sagemaker, Condition });
    const job = hosting.replace('*', 'training-job/shop-dev-icons');

    expect(trustsService(local!.world, role, 'sagemaker.amazonaws.com', job)).toBe(expected);
    expect(trustsService(local!.world, role, 'lambda.amazonaws.com', job)).toBe(false);
  });

  it('for what it names trusts no service that does not say what it acts for', async () => {
    const Condition = { ArnLike: { 'aws:SourceArn': hosting } };
    const role = await roleTrusting({ Principal: sagemaker, Condition });

    expect(trustsService(local!.world, role, 'sagemaker.amazonaws.com', hosting)).toBe(true);
    expect(trustsService(local!.world, role, 'sagemaker.amazonaws.com')).toBe(false);
  });
});

it('a role can trust one role of the account', async () => {
  const Condition = { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/deployer` } };
  const role = await roleTrusting({ Principal: { AWS: account }, Condition });
  const trusts = (caller?: string) => trustsCaller(local!.world, findRole(local!.world, role)!, caller);

  expect(trusts(`arn:aws:iam::${account}:role/deployer`)).toBe(true);
  expect(trusts(`arn:aws:iam::${account}:role/other`)).toBe(false);
  expect(trusts()).toBe(false);
});

it.each([
  [{ Condition: { StringEquals: { 'sts:ExternalId': 'x' } } }, 'sts:ExternalId'],
  [{ Condition: { DateLessThan: { 'aws:CurrentTime': '2030-01-01' } } }, 'DateLessThan'],
  [{ Effect: 'Deny' }, 'Effect: Invalid input: expected "Allow"'],
])('what is not emulated in a trust policy is refused at the start: %j', async (given, message) => {
  await expect(roleTrusting({ Principal: sagemaker, ...given })).rejects.toThrow(message);
});
