import * as schemas from '@aws-sdk/client-sts';
import type { RequestContext, ServiceFactory, World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { findRole, trustsCaller } from '../iam/seam.ts';
import constraints from './constraints.json' with { type: 'json' };
import { mintRoleCredentials, roleOf } from './credentials.ts';
import { permissions } from './permissions.ts';

const HOUR_SECONDS = 3600;

/** Who asks, and credentials for acting as a role. */
export const createSts: ServiceFactory = (world) => ({
  signingName: 'sts',
  protocol: 'query',
  queryVersion: '2011-06-15',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  permissions,
  schemas,
  constraints,
  operations: {
    GetCallerIdentity: (_input: unknown, context: RequestContext) => identity(world, context),
    AssumeRole: (input: schemas.AssumeRoleCommandInput, context: RequestContext) =>
      assumeRole(world, input, context),
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
  { roleArn: caller }: RequestContext,
): Omit<schemas.AssumeRoleCommandOutput, '$metadata'> {
  const roleArn = input.RoleArn as string;
  const sessionName = input.RoleSessionName as string;
  for (const member of ['Policy', 'PolicyArns', 'SerialNumber', 'ExternalId', 'TransitiveTagKeys'] as const) {
    if (input[member] !== undefined) {
      throw new ServiceError('ValidationError', `The local AWS does not emulate AssumeRole's ${member}`);
    }
  }
  const found = findRole(world, roleArn);
  if (found === undefined || !trustsCaller(world, found, caller)) {
    const user = caller ?? `arn:aws:iam::${world.accountId}:root`;
    throw new ServiceError(
      'AccessDenied',
      `User: ${user} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  }
  assertDuration(input.DurationSeconds ?? 0, found.maxSessionSeconds, caller !== undefined);
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

/** A role that takes on another one ("role chaining") has an hour at most, whatever that one allows. */
function assertDuration(seconds: number, most = HOUR_SECONDS, chained: boolean): void {
  if (chained && seconds > HOUR_SECONDS) {
    throw new ServiceError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (seconds > most) {
    throw new ServiceError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
}

function roleName(roleArn: string): string {
  return roleArn.slice(roleArn.lastIndexOf('/') + 1);
}

function sessionArn(world: World, role: string, session: string): string {
  return `arn:aws:sts::${world.accountId}:assumed-role/${role}/${session}`;
}
