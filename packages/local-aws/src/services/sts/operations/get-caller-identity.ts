import type { GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import type { RequestContext, World } from '../../../service.ts';
import { roleOf } from '../credentials.ts';
import { sessionOf } from '../session.ts';

export function getCallerIdentity(
  world: World,
  _input: unknown,
  { headers }: RequestContext,
): Omit<GetCallerIdentityCommandOutput, '$metadata'> {
  const { accountId } = world;
  const session = roleOf(world, headers['x-amz-security-token']);
  if (session === undefined) {
    return { UserId: accountId, Account: accountId, Arn: `arn:aws:iam::${accountId}:root` };
  }
  const { arn, id } = sessionOf(world, session.roleArn, session.sessionName);
  return { UserId: id, Account: accountId, Arn: arn };
}
