import * as z from 'zod';
import { parseJson } from '#core/parse.ts';

/** @param what names it in errors */
export const parseConfiguration = (text: string, what: string): unknown =>
  parseJson(z.unknown(), text, what, 'Save the model again with `model.save`.');

/** Which meaning the activations have. Files of before Keras 2.0 say nothing and mean the same as Keras 2. */
export const majorVersion = (version: unknown): 2 | 3 => (/^[3-9]\./.test(String(version)) ? 3 : 2);
