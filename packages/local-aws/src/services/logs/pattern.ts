import { ServiceError } from '../../service.ts';

/**
 * CloudWatch's filter patterns for unstructured text: `ERROR time-out` (all terms), `"a phrase"`, `-not` and
 * `?either ?or`. Matching is case-sensitive and by substring.
 *
 * @throws ServiceError for the structured patterns, `[…]` and `{ $.field = … }`, which are not emulated
 */
export function filterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? '';
  if (text === '') return () => true;
  if (/^[[{%]/.test(text)) {
    throw new ServiceError(
      'InvalidParameterException',
      `The local AWS does not emulate structured filter patterns: ${text}`,
    );
  }
  const all: string[] = [];
  const none: string[] = [];
  const any: string[] = [];
  for (const [, sign, phrase, word] of text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g)) {
    const term = phrase === undefined ? (word ?? '') : phrase.replace(/\\(.)/g, '$1');
    (sign === '-' ? none : sign === '?' ? any : all).push(term);
  }
  return (message) =>
    all.every((term) => message.includes(term)) &&
    !none.some((term) => message.includes(term)) &&
    (any.length === 0 || any.some((term) => message.includes(term)));
}
