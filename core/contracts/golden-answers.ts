import * as z from 'zod';
import { shareSchema } from './common.ts';
import { evaluationRowSchema } from './evaluation.ts';

/** What an endpoint answered about one golden image. */
export const goldenAnswerSchema = z.strictObject({
  /** What the training job predicted. */
  row: evaluationRowSchema,
  /** The endpoint's most probable label; absent where it gave no readable answer. */
  answer: z.strictObject({ label: z.string(), probability: shareSchema }).optional(),
  /** Why the endpoint was not confirmed, at the image that showed it. */
  mismatch: z.string().optional(),
});
export type GoldenAnswer = z.output<typeof goldenAnswerSchema>;

/** `golden-answers.json`: how a promotion's endpoint was confirmed, up to the first image that differs. */
export const goldenAnswersSchema = z.strictObject({
  schemaVersion: z.literal(1),
  endpoint: z.string(),
  /** Of the evaluation beside which the images lie (`goldenImageKey`). */
  evaluationKey: z.string(),
  /** How many images were to be asked about. */
  images: z.int().positive(),
  answers: z.array(goldenAnswerSchema),
});
export type GoldenAnswers = z.output<typeof goldenAnswersSchema>;
