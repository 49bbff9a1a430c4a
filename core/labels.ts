import { z } from 'zod';

/**
 * A class label: also a folder's name and a segment of an S3 key. Spaces, dots within and Unicode are fine; what would
 * change the path (slashes, `.`/`..`), break a line (control characters) or get lost (outer spaces, outer dots, text
 * not in Unicode NFC) is not.
 */
export const labelSchema = z
  .string()
  .min(1)
  .max(100, 'at most 100 characters')
  .refine((label) => !/[/\\]/.test(label), 'a label has no slash or backslash: rename the class')
  .refine((label) => !/\p{Cc}/u.test(label), 'a label has no control characters')
  .refine((label) => label.trim() === label, 'a label has no space at its start or end')
  .refine((label) => !label.startsWith('.'), 'a label does not start with a dot')
  .refine((label) => label.normalize('NFC') === label, 'a label is in Unicode NFC (composed) form');

/** At least two different labels, in the order of the network's outputs. */
export const labelsSchema = z
  .array(labelSchema)
  .min(2, 'a classifier needs at least two classes')
  .max(10_000)
  .refine((labels) => new Set(labels).size === labels.length, 'a label stands there twice');
