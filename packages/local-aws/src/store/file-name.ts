import { createHash } from 'node:crypto';

/** File systems allow 255 bytes; the rest is for endings. */
const LONGEST = 180;

/**
 * A key as a file name: readable where possible, never outside its folder, and different for different keys,
 * also on case-insensitive file systems (`A` becomes `+a`). A long one ends in a digest, so the file must
 * contain the key.
 */
export function fileNameOf(key: string): string {
  const escaped = Array.from(Buffer.from(key), (byte, position) => {
    const character = String.fromCharCode(byte);
    if (/[a-z0-9_-]/.test(character)) return character;
    if (character === '.' && position > 0) return character;
    if (/[A-Z]/.test(character)) return `+${character.toLowerCase()}`;
    return `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  if (escaped.length <= LONGEST) return escaped;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${escaped.slice(0, LONGEST - digest.length - 1)}~${digest}`;
}
