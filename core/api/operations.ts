import type * as z from 'zod';
import { promotionInputSchema } from '../contracts/promotion.ts';
import { REQUEST_TYPES } from '../prediction-requests.ts';
import type { Right } from './access.ts';
import {
  batchAnswerSchema,
  batchPageSchema,
  batchRequestSchema,
  resultPageSchema,
  resultQuerySchema,
} from './batches.ts';
import { healthSchema, openApiSchema } from './common.ts';
import { domainAnswerSchema, domainPageSchema, historyPageSchema } from './domains.ts';
import { pageQuerySchema } from './paging.ts';
import {
  predictionAnswerSchema,
  predictionListAnswerSchema,
  predictionQuerySchema,
  predictionRequestSchema,
} from './predictions.ts';
import {
  promotionAnswerSchema,
  promotionPageSchema,
  promotionQuerySchema,
  rollbackRequestSchema,
  startedAnswerSchema,
} from './promotions.ts';
import { uploadAnswerSchema, uploadRequestSchema } from './uploads.ts';

/** One operation of the REST API, as callers see it. */
export interface ApiOperation {
  method: 'get' | 'post';
  path: string;
  /** Name of the operation in the document. */
  id: string;
  summary: string;
  /** What the caller must be allowed to do; undefined where no key is needed. */
  right?: Right;
  query?: z.ZodObject;
  /** JSON, and the other media types that the body may have. */
  body?: { schema: z.ZodType; others?: readonly string[] };
  /** Status and body of success; several bodies are alternatives. */
  success: { status: 200 | 201 | 202; schemas: readonly z.ZodType[] };
  /** Whether it answers with an ETag and understands `If-None-Match`. */
  etag?: true;
  /** Whether it understands `Idempotency-Key`. */
  idempotent?: true;
  /** Statuses that only its own code gives; the document adds those that every operation may have. */
  problems: readonly number[];
}

export const operations: readonly ApiOperation[] = [
  {
    ...{ method: 'post', path: '/domains/{domain}/predictions', id: 'predict', right: 'predict' },
    summary: 'Ask what an image shows',
    query: predictionQuerySchema,
    body: {
      schema: predictionRequestSchema,
      others: REQUEST_TYPES.filter((type) => type !== 'application/json'),
    },
    success: { status: 200, schemas: [predictionAnswerSchema, predictionListAnswerSchema] },
    problems: [400, 404, 413, 415],
  },
  {
    ...{ method: 'post', path: '/uploads', id: 'createUpload', right: 'predict' },
    summary: 'Get a form that sends an image to S3, for a prediction by its key',
    body: { schema: uploadRequestSchema },
    success: { status: 201, schemas: [uploadAnswerSchema] },
    problems: [400, 413, 415],
  },
  {
    ...{ method: 'get', path: '/domains', id: 'listDomains', right: 'read' },
    summary: "The caller's domains and what is live in each",
    ...{ query: pageQuerySchema, etag: true },
    success: { status: 200, schemas: [domainPageSchema] },
    problems: [400],
  },
  {
    ...{ method: 'get', path: '/domains/{domain}', id: 'readDomain', right: 'read' },
    ...{ summary: 'A domain and what is live in it', etag: true },
    success: { status: 200, schemas: [domainAnswerSchema] },
    problems: [404],
  },
  {
    ...{ method: 'get', path: '/domains/{domain}/history', id: 'readHistory', right: 'read' },
    summary: 'What was ever live in a domain, the newest first',
    ...{ query: pageQuerySchema, etag: true },
    success: { status: 200, schemas: [historyPageSchema] },
    problems: [400, 404],
  },
  {
    ...{ method: 'post', path: '/domains/{domain}/rollback', id: 'rollBack', right: 'operate' },
    ...{ summary: 'Put an earlier model back', idempotent: true },
    body: { schema: rollbackRequestSchema },
    success: { status: 202, schemas: [startedAnswerSchema] },
    problems: [400, 404, 413, 415, 422],
  },
  {
    ...{ method: 'post', path: '/domains/{domain}/batches', id: 'startBatch', right: 'predict' },
    ...{ summary: 'Predict all images of a folder in S3', idempotent: true },
    body: { schema: batchRequestSchema },
    success: { status: 202, schemas: [batchAnswerSchema] },
    problems: [400, 404, 413, 415, 422],
  },
  {
    ...{ method: 'get', path: '/domains/{domain}/batches', id: 'listBatches', right: 'predict' },
    summary: 'Batches of the last 30 days, the newest first',
    ...{ query: pageQuerySchema, etag: true },
    success: { status: 200, schemas: [batchPageSchema] },
    problems: [400, 404],
  },
  {
    ...{ method: 'get', path: '/domains/{domain}/batches/{id}', id: 'readBatch', right: 'predict' },
    ...{ summary: 'How a batch stands', etag: true },
    success: { status: 200, schemas: [batchAnswerSchema] },
    problems: [404],
  },
  {
    ...{ method: 'get', path: '/domains/{domain}/batches/{id}/results', id: 'readResults', right: 'predict' },
    summary: 'Predictions of a batch that has ended, by image',
    ...{ query: resultQuerySchema, etag: true },
    success: { status: 200, schemas: [resultPageSchema] },
    problems: [400, 404, 409],
  },
  {
    ...{ method: 'post', path: '/domains/{domain}/batches/{id}/stop', id: 'stopBatch', right: 'predict' },
    summary: 'Stop a batch; one that has ended stays as it is',
    success: { status: 202, schemas: [batchAnswerSchema] },
    problems: [404],
  },
  {
    ...{ method: 'get', path: '/promotions', id: 'listPromotions', right: 'read' },
    summary: 'All promotions of the last 90 days, the newest first; for callers of all domains',
    ...{ query: promotionQuerySchema, etag: true },
    success: { status: 200, schemas: [promotionPageSchema] },
    problems: [400],
  },
  {
    ...{ method: 'post', path: '/promotions', id: 'startPromotion', right: 'operate' },
    ...{ summary: 'Promote a general model', idempotent: true },
    body: { schema: promotionInputSchema },
    success: { status: 202, schemas: [startedAnswerSchema] },
    problems: [400, 413, 415, 422],
  },
  {
    ...{ method: 'get', path: '/promotions/{id}', id: 'readPromotion', right: 'read' },
    ...{ summary: 'A promotion and what became of each domain', etag: true },
    success: { status: 200, schemas: [promotionAnswerSchema] },
    problems: [404],
  },
  {
    ...{ method: 'get', path: '/health', id: 'health', summary: 'Whether the API answers' },
    success: { status: 200, schemas: [healthSchema] },
    problems: [],
  },
  {
    ...{ method: 'get', path: '/openapi.json', id: 'describe', summary: 'This document', etag: true },
    success: { status: 200, schemas: [openApiSchema] },
    problems: [],
  },
];
