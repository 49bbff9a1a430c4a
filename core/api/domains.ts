import * as z from 'zod';
import { nameSchema } from '../contracts/common.ts';
import { rolledBackFromSchema } from '../contracts/outcome.ts';
import { labelsSchema } from '../labels.ts';
import { pageOf } from './paging.ts';

/** A model that is or was live. */
const servedSchema = z.strictObject({
  general: z.strictObject({ model: z.string(), version: z.string() }),
  trainingJob: z.string(),
  promotion: z.string().meta({ description: 'Id of the promotion that made it live.' }),
  accuracy: z.number().meta({ description: 'Share of the test images, when it was promoted.' }),
  since: z.iso.datetime(),
  rolledBackFrom: rolledBackFromSchema
    .optional()
    .meta({ description: 'What was live before, where a person put this model back.' }),
});
export type Served = z.output<typeof servedSchema>;

const live = servedSchema.nullable().meta({ description: 'null before the first promotion.' });

export const domainPageSchema = pageOf(z.strictObject({ domain: z.string(), live }));

/** What a domain is, and what is live in it. */
export const domainAnswerSchema = z.strictObject({
  domain: nameSchema,
  labels: labelsSchema.meta({ description: 'As `domain.json` has them now.' }),
  live: servedSchema
    .extend({
      labels: labelsSchema.nullable().meta({ description: 'The labels that it answers with.' }),
      interval: z
        .strictObject({ lower: z.number(), upper: z.number() })
        .nullable()
        .meta({ description: '95 % Wilson interval of the accuracy.' }),
    })
    .nullable()
    .meta({ description: 'null before the first promotion.' }),
});
export type DomainAnswer = z.output<typeof domainAnswerSchema>;

export const historyPageSchema = pageOf(servedSchema);
