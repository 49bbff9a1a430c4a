import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A task token contains the execution and the attempt that it answers, so that it needs no register and stays
 * valid over restarts. A seal prevents forged tokens.
 */
export function sealToken(secret: string, executionArn: string, attemptKey: string): string {
  const text = JSON.stringify([executionArn, attemptKey]);
  return Buffer.from(JSON.stringify([text, seal(secret, text)])).toString('base64');
}

/** @returns undefined when the token is invalid */
export function openToken(
  secret: string,
  token: string,
): { executionArn: string; attemptKey: string } | undefined {
  try {
    const [text, given] = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as [string, string];
    const expected = Buffer.from(seal(secret, text));
    const actual = Buffer.from(given);
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
    const [executionArn, attemptKey] = JSON.parse(text) as [string, string];
    return { executionArn, attemptKey };
  } catch {
    return undefined;
  }
}

function seal(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
