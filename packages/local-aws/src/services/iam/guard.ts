import type { Permission } from '../../operation-permissions.ts';
import type { GuardedRequest, World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { decide } from './decide.ts';
import type { Decision } from './policy.ts';
import { findRole } from './roles.ts';
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
  const { service, operation, input } = request;
  const permissions = service.permissions?.(operation, input, world);
  const caller = `arn:aws:sts::${world.accountId}:assumed-role/${role.name}/local`;
  if (permissions === undefined) {
    const name = `${service.signingName}:${operation}`;
    throw denial(
      request,
      `The local AWS does not know which permissions ${name} needs, so no role may ask for it`,
    );
  }
  const missing: Permission[] = [];
  for (const one of permissions) {
    const decision = decide(world, role, one);
    if (decision === 'allowed') {
      if (one.action === 'iam:PassRole') refuseUntrusted(world, one);
    } else if (one.hides === undefined) throw denial(request, sentence(caller, one, decision));
    else missing.push(one);
  }
  if (missing.length === 0) return undefined;
  return (error) => {
    const code = error instanceof ServiceError ? error.code : '';
    const hiding = missing.find(({ hides }) => hides?.includes(code));
    return hiding === undefined ? error : denial(request, sentence(caller, hiding, 'not allowed'));
  };
}

/** A service that is handed a role acts as it at once, to see whether it may. */
function refuseUntrusted(world: World, { resource, context, sourceArn }: Permission): void {
  const service = context?.['iam:passedtoservice'];
  if (resource === undefined || service === undefined) return;
  if (trustsService(world, resource, service, sourceArn)) return;
  throw new ServiceError(
    'ValidationException',
    `Could not assume role ${resource}. Please ensure that the role exists and allows principal '${service}' to assume the role.`,
  );
}

function sentence(caller: string, { action, resource }: Permission, decision: Decision): string {
  const why =
    decision === 'denied explicitly'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return `User: ${caller} is not authorized to perform: ${action} on resource: ${resource ?? '*'} ${why}`;
}

/** Code and status as the service's protocol has them. */
function denial({ service }: GuardedRequest, message: string): ServiceError {
  const { protocol, denialCode } = service;
  const usual = protocol === 'rest-xml' || protocol === 'query' ? 'AccessDenied' : 'AccessDeniedException';
  return new ServiceError(denialCode ?? usual, message, protocol.startsWith('json-') ? 400 : 403);
}
