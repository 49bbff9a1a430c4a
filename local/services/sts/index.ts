import * as schemas from '@aws-sdk/client-sts';
import type { RequestContext, ServiceFactory, World } from '../../service.ts';
import { mintRoleCredentials, roleOf } from './credentials.ts';

/** Who asks, and credentials for acting as a role. */
export const createSts: ServiceFactory = (world) => ({
  signingName: 'sts',
  protocol: 'query',
  schemas,
  operations: {
    GetCallerIdentity: (_input: unknown, context: RequestContext) => identity(world, context),
    AssumeRole: (input: schemas.AssumeRoleCommandInput) => assumeRole(world, input),
  },
});

function identity(
  world: World,
  context: RequestContext,
): Omit<schemas.GetCallerIdentityCommandOutput, '$metadata'> {
  const session = roleOf(world, context.headers['x-amz-security-token']);
  if (session === undefined) {
    return {
      UserId: world.accountId,
      Account: world.accountId,
      Arn: `arn:aws:iam::${world.accountId}:root`,
    };
  }
  const role = roleName(session.roleArn);
  return {
    UserId: `AROA${role.toUpperCase().replace(/[^A-Z0-9]/g, '')}:${session.sessionName}`,
    Account: world.accountId,
    Arn: sessionArn(world, role, session.sessionName),
  };
}

function assumeRole(
  world: World,
  input: schemas.AssumeRoleCommandInput,
): Omit<schemas.AssumeRoleCommandOutput, '$metadata'> {
  const roleArn = input.RoleArn as string;
  const sessionName = input.RoleSessionName as string;
  const credentials = mintRoleCredentials(world, roleArn, {
    sessionName,
    ...(input.DurationSeconds === undefined ? {} : { seconds: input.DurationSeconds }),
  });
  const role = roleName(roleArn);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: credentials.expiration,
    },
    AssumedRoleUser: {
      AssumedRoleId: `AROA${role.toUpperCase().replace(/[^A-Z0-9]/g, '')}:${sessionName}`,
      Arn: sessionArn(world, role, sessionName),
    },
  };
}

function roleName(roleArn: string): string {
  return roleArn.slice(roleArn.lastIndexOf('/') + 1);
}

function sessionArn(world: World, role: string, session: string): string {
  return `arn:aws:sts::${world.accountId}:assumed-role/${role}/${session}`;
}
