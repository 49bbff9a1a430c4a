import * as z from 'zod';

/** Entries of a page unless the caller asks for another number. */
const PAGE = 50;

/** Which part of a list is wanted. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(PAGE).meta({ description: 'Entries of a page.' }),
  next: z
    .string()
    .min(1)
    .max(5_000)
    .optional()
    .meta({ description: '`next` of the page before. Its content is no part of the API.' }),
});
export type PageQuery = z.output<typeof pageQuerySchema>;

/** A page of a list. `next` is there while there is more. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    next: z.string().optional().meta({ description: 'Ask for the next page with it.' }),
  });
