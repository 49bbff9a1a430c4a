import * as z from 'zod';
import { nameSchema } from '#core/contracts/common.ts';
import { gateOnlySchema } from '#core/contracts/promotion.ts';
import { parse } from '#core/parse.ts';
import type { ExecutionStatus } from '../contracts/promotions.ts';
import { actionRoutes } from './actions.ts';
import { agentRows } from './agents.ts';
import { challengersOf, compareModels } from './compare.ts';
import { domainDetails, executionDetails } from './details.ts';
import { DOMAINS_PER_PAGE, describeDomains, domainNames } from './domains.ts';
import { executionReader } from './executions.ts';
import { figureReader } from './figures.ts';
import { followPromotion } from './follow.ts';
import { dataChanges, domainImages, imageRows, readImage } from './images.ts';
import { lineageOf } from './lineage.ts';
import { modelRows } from './models.ts';
import { findNews } from './news.ts';
import { tryImage } from './prediction.ts';
import type { Asked, Route } from './routes.ts';
import type { ConsoleServices } from './services.ts';

const statusSchema = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
const beginningSchema = z.string().regex(/^[a-z0-9-]{0,30}$/, 'expected the beginning of a domain’s name');
const partSchema = z.enum(['train', 'test', 'other']);
const labelSchema = z.string().regex(/^[^/]{1,255}$/, 'expected a label');
/** No key of another domain: S3 keeps dots as they are, but a reader may not. */
const idSchema = z.string().regex(/^(?!.*(^|\/)\.\.?(\/|$))[^/].{0,900}$/, 'expected the name of an image');
const executionSchema = gateOnlySchema.shape.trainingOf;
/** S3's ids of versions are opaque, of at most 1,024 bytes. */
const objectVersionSchema = z.string().min(1).max(1024);
const domainsSchema = z.array(nameSchema).max(DOMAINS_PER_PAGE);

/** Everything that the page asks. */
export function consoleRoutes(services: ConsoleServices): Route[] {
  const readExecutions = executionReader(services);
  const readFigures = figureReader(services);
  return [
    reading('/api/session', async () => services.session),
    reading('/api/news', () => findNews(services, readExecutions)),
    reading('/api/agents', ({ signal }) => agentRows(services.agents, signal)),
    reading('/api/domains', ({ query }) => {
      const beginning = parse(beginningSchema, query.get('beginning') ?? '', 'The search');
      return domainNames(services, beginning, query.get('page') ?? undefined);
    }),
    {
      method: 'GET',
      pattern: '/api/rows',
      async answer({ query, signal }) {
        const domains = parse(domainsSchema, query.getAll('domain'), 'The domains');
        return { events: describeDomains(services, readFigures, domains, signal) };
      },
    },
    reading('/api/domains/:domain', ({ path }) => domainDetails(services, domainIn(path))),
    reading('/api/promotions', async ({ query }) => {
      const status: ExecutionStatus | undefined = query.has('status')
        ? parse(statusSchema, query.get('status'), 'The status')
        : undefined;
      const { rows, next } = await readExecutions({ status, page: query.get('page') ?? undefined });
      return { rows: rows.map(({ row }) => row), next };
    }),
    reading('/api/promotions/:execution', ({ path }) => executionDetails(services, path.execution!)),
    reading('/api/models', ({ query }) => modelRows(services, query.get('page') ?? undefined)),
    reading('/api/domains/:domain/lineage', ({ path }) => lineageOf(services, domainIn(path))),
    reading('/api/domains/:domain/images', ({ path }) => domainImages(services, domainIn(path))),
    reading('/api/domains/:domain/changes', ({ path }) => dataChanges(services, domainIn(path))),
    reading('/api/domains/:domain/images/:part', ({ path, query }) => {
      const part = parse(partSchema, path.part, 'The part');
      const label = part === 'other' ? '' : parse(labelSchema, query.get('label'), 'The label');
      return imageRows(services, { domain: domainIn(path), part, label }, query.get('page') ?? undefined);
    }),
    {
      method: 'GET',
      pattern: '/api/domains/:domain/image/:part',
      async answer({ path, query }) {
        const part = parse(partSchema, path.part, 'The part');
        const id = parse(idSchema, query.get('id'), 'The image');
        const version = query.has('version')
          ? { version: parse(objectVersionSchema, query.get('version'), 'The version') }
          : {};
        return readImage(services, { domain: domainIn(path), part, id, ...version });
      },
    },
    {
      method: 'GET',
      pattern: '/api/promotions/:execution/:domain/events',
      async answer({ path, signal }) {
        const subject = { execution: path.execution!, domain: domainIn(path) };
        return { events: followPromotion(services, subject, signal) };
      },
    },
    {
      method: 'POST',
      pattern: '/api/domains/:domain/predict',
      async answer(asked) {
        return { json: await tryImage(services, domainIn(asked.path), asked) };
      },
    },
    reading('/api/domains/:domain/challengers', ({ path }) => challengersOf(services, domainIn(path))),
    {
      method: 'POST',
      pattern: '/api/domains/:domain/compare/:execution',
      async answer(asked) {
        const execution = parse(executionSchema, asked.path.execution, 'The execution');
        const subject = { domain: domainIn(asked.path), execution };
        return { json: await compareModels(services, subject, asked) };
      },
    },
    ...actionRoutes(services),
  ];
}

const domainIn = ({ domain }: Asked['path']) => parse(nameSchema, domain, 'The domain');

const reading = (pattern: string, read: (asked: Asked) => Promise<unknown>): Route => ({
  method: 'GET',
  pattern,
  answer: async (asked) => ({ json: await read(asked) }),
});
