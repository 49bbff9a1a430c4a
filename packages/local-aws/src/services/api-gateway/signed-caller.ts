import type { World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { findRole, roleMay } from '../iam/seam.ts';
import { roleOf } from '../sts/seam.ts';
import type { GatewayErrorType } from './gateway-errors.ts';

/** The caller of a method with IAM authorization, as the event's `identity` names it. */
export interface SignedCaller {
  accessKey: string;
  accountId: string;
  /** Id of the principal; of a role with the session's name after it. */
  user: string;
  userArn: string;
}

/**
 * Who signed a request, if they may make it. Signatures are not verified: any key pair is the account's own,
 * which may do everything; a role may do what its policies allow.
 *
 * @param resource `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`
 */
export function signedCaller(
  world: World,
  headers: Record<string, string | undefined>,
  query: URLSearchParams,
  resource: string,
): SignedCaller | GatewayErrorType {
  const credential =
    /^AWS4-HMAC-SHA256 .*Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ??
    query.get('X-Amz-Credential');
  if (!credential) return 'MISSING_AUTHENTICATION_TOKEN';
  const [accessKey = '', , , service] = credential.split('/');
  if (service !== 'execute-api') return 'INVALID_SIGNATURE';
  const { accountId } = world;
  try {
    const token = headers['x-amz-security-token'] ?? query.get('X-Amz-Security-Token') ?? undefined;
    const session = roleOf(world, token);
    if (session === undefined) {
      return { accessKey, accountId, user: accountId, userArn: `arn:aws:iam::${accountId}:root` };
    }
    const { roleArn, sessionName } = session;
    if (!roleMay(world, roleArn, 'execute-api:Invoke', resource)) return 'ACCESS_DENIED';
    const { id, name } = findRole(world, roleArn)!;
    const userArn = `arn:aws:sts::${accountId}:assumed-role/${name}/${sessionName}`;
    return { accessKey, accountId, user: `${id}:${sessionName}`, userArn };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === 'ExpiredToken' ? 'EXPIRED_TOKEN' : 'ACCESS_DENIED';
  }
}
