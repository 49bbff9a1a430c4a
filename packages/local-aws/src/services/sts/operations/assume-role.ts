import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts';
import type { RequestContext, World } from '../../../service.ts';
import { ServiceError } from '../../../service.ts';
import { findRole, trustsCaller } from '../../iam/seam.ts';
import { mintRoleCredentials } from '../credentials.ts';
import { sessionOf } from '../session.ts';

const HOUR_SECONDS = 3600;

export function assumeRole(
  world: World,
  input: AssumeRoleCommandInput,
  { roleArn: caller }: RequestContext,
): Omit<AssumeRoleCommandOutput, '$metadata'> {
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
  const session = sessionOf(world, roleArn, sessionName);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: credentials.expiration,
    },
    AssumedRoleUser: { AssumedRoleId: session.id, Arn: session.arn },
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
