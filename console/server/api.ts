import { z } from 'zod';
import { nameSchema } from '#core/contracts/common.ts';
import { parse } from '#core/parse.ts';
import type { ExecutionStatus } from '../contracts/promotions.ts';
import { actionRoutes } from './actions.ts';
import { findAttention } from './attention.ts';
import { domainDetails, executionDetails } from './details.ts';
import { domainRows } from './domains.ts';
import { executionRows } from './executions.ts';
import { domainFigures } from './figures.ts';
import { followPromotion } from './follow.ts';
import { tryImage } from './prediction.ts';
import type { Asked, Route } from './routes.ts';
import type { ConsoleServices } from './services.ts';

const statusSchema = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
const beginningSchema = z.string().regex(/^[a-z0-9-]{0,30}$/, 'expected the beginning of a domain’s name');
const domainsSchema = z.array(nameSchema).max(25);

/** Everything that the page asks. */
export function consoleRoutes(services: ConsoleServices): Route[] {
  return [
    reading('/api/session', async () => services.session),
    reading('/api/attention', () => findAttention(services)),
    reading('/api/domains', ({ query }) => {
      const beginning = parse(beginningSchema, query.get('beginning') ?? '', 'The search');
      return domainRows(services, beginning, query.get('page') ?? undefined);
    }),
    reading('/api/figures', ({ query }) => {
      const domains = parse(domainsSchema, query.getAll('domain'), 'The domains');
      return domainFigures(services, domains);
    }),
    reading('/api/domains/:domain', ({ path }) =>
      domainDetails(services, parse(nameSchema, path.domain, 'The domain')),
    ),
    reading('/api/promotions', ({ query }) => {
      const status: ExecutionStatus | undefined = query.has('status')
        ? parse(statusSchema, query.get('status'), 'The status')
        : undefined;
      return executionRows(services, status, query.get('page') ?? undefined);
    }),
    reading('/api/promotions/:execution', ({ path }) => executionDetails(services, path.execution!)),
    {
      method: 'GET',
      pattern: '/api/promotions/:execution/:domain/events',
      async answer({ path, signal }) {
        const subject = { execution: path.execution!, domain: parse(nameSchema, path.domain, 'The domain') };
        return { events: followPromotion(services, subject, signal) };
      },
    },
    {
      method: 'POST',
      pattern: '/api/domains/:domain/predict',
      async answer(asked) {
        return { json: await tryImage(services, parse(nameSchema, asked.path.domain, 'The domain'), asked) };
      },
    },
    ...actionRoutes(services),
  ];
}

const reading = (pattern: string, read: (asked: Asked) => Promise<unknown>): Route => ({
  method: 'GET',
  pattern,
  answer: async (asked) => ({ json: await read(asked) }),
});
