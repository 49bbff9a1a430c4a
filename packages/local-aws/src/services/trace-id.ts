import { randomBytes } from 'node:crypto';

/**
 * A trace ID in X-Ray's form: version, seconds since 1970 in hexadecimal, 96 random bits. Nothing is sampled,
 * as there is no X-Ray here.
 *
 * @param now milliseconds since 1970
 */
export function newTraceId(now: number): string {
  const seconds = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, '0');
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
