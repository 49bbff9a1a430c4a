import * as z from 'zod';
import { IMAGE_NAMES } from '#core/image-files.ts';

/** RFC 2397 with base64. The type in it is ignored, like a content type: the bytes decide. */
const DATA_URL = /^data:[^,]*;base64,/i;

/**
 * The bytes of an image in base64 as programs write it: with or without padding, with line breaks (`base64`
 * of the command line, MIME), with URL-safe letters (RFC 4648, section 5), or as a data URL (a browser's
 * `readAsDataURL`).
 */
export const base64ImageSchema = z.string().transform((text, context): Buffer => {
  const base64 = text.replace(DATA_URL, '').replace(/\s+/g, '');
  const fault = faultOf(base64);
  if (fault === undefined) return Buffer.from(base64, 'base64');
  context.addIssue(`${fault}: expected base64 of a ${IMAGE_NAMES} file, or a data URL of one`);
  return z.NEVER;
});

/** Node's decoder skips what is not base64, so the image would seem damaged. This finds the true fault. */
function faultOf(base64: string): string | undefined {
  if (base64 === '') return 'the image is empty';
  if (/^data:/i.test(base64)) return 'the data URL has no ";base64,"';
  const letters = base64.replace(/={1,2}$/, '');
  const other = /[^A-Za-z0-9+/_-]/.exec(letters);
  if (other) return `${JSON.stringify(other[0])} is no letter of base64`;
  if (letters.length % 4 === 1) return 'the base64 is cut short';
  return undefined;
}
