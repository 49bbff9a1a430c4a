import * as z from 'zod';
import { isLitter } from './image-files.ts';

/**
 * A class label. It is also the name of a folder, a segment of an S3 key and a key of JSON objects. Spaces,
 * dots within and Unicode are allowed. Refused is what changes a path (slashes, `.`, `..`), breaks a line
 * (control characters) or may be lost (spaces or dots at the ends, text not in Unicode NFC, names that
 * operating systems leave behind, `__proto__`).
 */
export const labelSchema = z
  .string()
  .min(1)
  .max(100, 'at most 100 characters')
  .refine((label) => !/[/\\]/.test(label), 'a label has no slash or backslash: rename the class')
  .refine((label) => !/\p{Cc}/u.test(label), 'a label has no control characters')
  .refine((label) => label.trim() === label, 'a label has no space at its start or end')
  .refine((label) => !label.startsWith('.'), 'a label does not start with a dot')
  .refine((label) => label.startsWith('.') || !isLitter(label), {
    error: ({ input }) =>
      `"${input}" is no label: operating systems leave files and folders of this name behind, which are passed over`,
  })
  // The one name that objects in JavaScript, and so parsed JSON, may lose.
  .refine((label) => label !== '__proto__', '"__proto__" is no label: programs in JavaScript lose it')
  .refine((label) => label.normalize('NFC') === label, 'a label is in Unicode NFC (composed) form');

/** At least two different labels, in the order of the network's outputs. */
export const labelsSchema = z
  .array(labelSchema)
  .min(2, 'a classifier needs at least two classes')
  .max(10_000)
  .refine((labels) => new Set(labels).size === labels.length, 'a label stands there twice')
  .superRefine((labels, context) => {
    const pair = collidingLabels([...new Set(labels)]);
    if (pair === undefined) return;
    context.addIssue({
      code: 'custom',
      message: `"${pair[0]}" and "${pair[1]}" differ in upper and lower case only, so that their folders are one on macOS and Windows: rename one`,
    });
  });

/** The first two names that a file system which ignores case and Unicode form takes for one. */
export function collidingLabels(names: readonly string[]): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = foldLabel(name);
    const twin = seen.get(folded);
    if (twin !== undefined) return [twin, name];
    seen.set(folded, name);
  }
  return undefined;
}

/** A form that is equal for two names that such a file system takes for one. */
export const foldLabel = (name: string): string => name.normalize('NFC').toLowerCase().normalize('NFC');
