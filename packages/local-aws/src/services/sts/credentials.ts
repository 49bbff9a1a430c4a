import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { writeFileAtomically } from '../../store/atomic-file.ts';

/** Lambda's and AssumeRole's usual life of temporary credentials. */
const DEFAULT_SECONDS = 3600;
/** Prefix of the tokens that this local AWS issues. Any other token counts as the account itself. */
const TOKEN_PREFIX = 'local.';

/** Temporary credentials of a role, in the shape that the SDK's credential providers return. */
export interface RoleCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}

/** The role and session that a token stands for. */
export interface RoleSession {
  roleArn: string;
  sessionName: string;
}

/**
 * Credentials that act as the role: requests with them carry `RequestContext.roleArn` and are limited to the
 * role's policies. They stay valid over a restart on the same state folder.
 *
 * @param options seconds of validity (one hour) and the session's name (`local`)
 */
export function mintRoleCredentials(
  world: World,
  roleArn: string,
  options: { seconds?: number; sessionName?: string } = {},
): RoleCredentials {
  const expires = world.clock.now() + (options.seconds ?? DEFAULT_SECONDS) * 1000;
  const content = Buffer.from(
    JSON.stringify({
      roleArn,
      sessionName: options.sessionName ?? 'local',
      expires,
      salt: randomBytes(6).toString('hex'),
    }),
  ).toString('base64url');
  const key = sessionKey(world);
  return {
    // AWS's temporary access keys start with ASIA and have 20 characters of A–Z and 2–7.
    accessKeyId: `ASIA${base32(sign(key, `id ${content}`)).slice(0, 16)}`,
    secretAccessKey: secretKey(key, content),
    sessionToken: `${TOKEN_PREFIX}${content}.${sign(key, content).toString('base64url')}`,
    expiration: new Date(expires),
  };
}

/**
 * The role behind a session token, or undefined for a token that this local AWS did not issue.
 *
 * @throws ServiceError `ExpiredToken`, or `InvalidClientTokenId` when the token was changed or belongs to
 *   another state folder
 */
export function roleOf(world: World, sessionToken: string | undefined): RoleSession | undefined {
  if (!sessionToken?.startsWith(TOKEN_PREFIX)) return undefined;
  const [content = '', signature = ''] = sessionToken.slice(TOKEN_PREFIX.length).split('.');
  const expected = sign(sessionKey(world), content);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new ServiceError(
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      403,
    );
  }
  const session = JSON.parse(Buffer.from(content, 'base64url').toString('utf8')) as RoleSession & {
    expires: number;
  };
  if (session.expires <= world.clock.now()) {
    throw new ServiceError('ExpiredToken', 'The security token included in the request is expired', 403);
  }
  return { roleArn: session.roleArn, sessionName: session.sessionName };
}

/** The secret key of a session token; undefined for a token that this local AWS did not issue. */
export function secretOf(world: World, sessionToken: string | undefined): string | undefined {
  if (roleOf(world, sessionToken) === undefined) return undefined;
  const [content = ''] = sessionToken!.slice(TOKEN_PREFIX.length).split('.');
  return secretKey(sessionKey(world), content);
}

const secretKey = (key: Buffer, content: string) =>
  sign(key, `secret ${content}`).toString('base64').slice(0, 40);

const sessionKeys = new WeakMap<World, Buffer>();

/** One random key per state folder. */
function sessionKey(world: World): Buffer {
  let key = sessionKeys.get(world);
  if (key === undefined) {
    const path = join(world.folder('sts'), 'session-key');
    if (!existsSync(path)) writeFileAtomically(path, randomBytes(32).toString('hex'));
    key = Buffer.from(readFileSync(path, 'utf8'), 'hex');
    sessionKeys.set(world, key);
  }
  return key;
}

function sign(key: Buffer, content: string): Buffer {
  return createHmac('sha256', key).update(content).digest();
}

function base32(bytes: Buffer): string {
  return Array.from(bytes, (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('');
}
