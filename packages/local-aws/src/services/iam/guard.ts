import type { GuardedRequest, World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { type Needed, neededFor } from './actions.ts';
import { decide } from './decide.ts';
import type { Decision } from './policy.ts';
import { findRole } from './roles.ts';
import { bucketArn, hidesMissing } from './s3-actions.ts';
import { trustsService } from './trust.ts';

/**
 * Checks what a role asks for against its policies of the template.
 *
 * @returns what rewrites the operation's error, where AWS hides something from the role
 * @throws ServiceError `AccessDenied(Exception)` as AWS words it
 */
export function guard(world: World, request: GuardedRequest): ((error: unknown) => unknown) | undefined {
  const role = findRole(world, request.roleArn);
  if (role === undefined) {
    throw denial(request, `The role ${request.roleArn} does not exist in this local AWS`);
  }
  const needed = neededFor(request, world);
  const caller = `arn:aws:sts::${world.accountId}:assumed-role/${role.name}/local`;
  if (needed === undefined) {
    const name = `${request.service.signingName}:${request.operation}`;
    throw denial(
      request,
      `The local AWS does not know which permissions ${name} needs, so no role may ask for it`,
    );
  }
  for (const one of needed) {
    const decision = decide(world, role, one);
    if (decision !== 'allowed') throw denial(request, sentence(caller, one, decision));
    if (one.action === 'iam:PassRole') refuseUntrusted(world, one);
  }
  if (request.service.signingName !== 's3' || !hidesMissing(request.operation)) return undefined;
  const list: Needed = { action: 's3:ListBucket', resource: bucketArn(request.input.Bucket) };
  if (decide(world, role, list) === 'allowed') return undefined;
  return (error) => {
    const code = error instanceof ServiceError ? error.code : '';
    if (code !== 'NoSuchKey' && code !== 'NotFound') return error;
    return denial(request, sentence(caller, list, 'not allowed'));
  };
}

/** A service that is handed a role acts as it at once, to see whether it may. */
function refuseUntrusted(world: World, { resource, context, sourceArn }: Needed): void {
  const service = context?.['iam:passedtoservice'];
  if (resource === undefined || service === undefined) return;
  if (trustsService(world, resource, service, sourceArn)) return;
  throw new ServiceError(
    'ValidationException',
    `Could not assume role ${resource}. Please ensure that the role exists and allows principal '${service}' to assume the role.`,
  );
}

function sentence(caller: string, { action, resource }: Needed, decision: Decision): string {
  const why =
    decision === 'denied explicitly'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return `User: ${caller} is not authorized to perform: ${action} on resource: ${resource ?? '*'} ${why}`;
}

/** Code and status as the service's protocol has them. */
function denial({ service }: GuardedRequest, message: string): ServiceError {
  if (service.signingName === 'sns') return new ServiceError('AuthorizationError', message, 403);
  if (service.protocol === 'rest-xml' || service.protocol === 'query')
    return new ServiceError('AccessDenied', message, 403);
  return new ServiceError('AccessDeniedException', message, service.protocol === 'rest-json' ? 403 : 400);
}
