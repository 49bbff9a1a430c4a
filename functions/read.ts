import type { SFNClient } from '@aws-sdk/client-sfn';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import type { Right } from '#core/api/access.ts';
import { pageQuerySchema } from '#core/api/paging.ts';
import { promotionIdSchema, promotionQuerySchema } from '#core/api/promotions.ts';
import { ProblemError } from '#core/problem.ts';
import { allow, allowAny, allowedDomain, type Callers, createCallers } from './http/access.ts';
import { jsonAnswer } from './http/answers.ts';
import { withEtag } from './http/etag.ts';
import { parseQuery } from './http/parse.ts';
import { readDomainState, readDomains, readHistory } from './http/read-domains.ts';
import { listPromotions, readPromotion } from './http/read-promotions.ts';
import { type Handle, routed } from './http/routes.ts';
import { api } from './middleware/api.ts';

interface ReadServices {
  data: Bucket;
  artifacts: Bucket;
  sfn: SFNClient;
  callerOf: Callers;
  settings: { stateMachineArn: string };
}

const RIGHT: Right = 'read';

/** What is live, what was, and how promotions stand: every route that only reads. */
export function createRead({ data, artifacts, sfn, callerOf, settings }: ReadServices): Handle {
  const { stateMachineArn } = settings;

  const domainOf = async (event: Parameters<Handle>[0]) => allowedDomain(await callerOf(event), RIGHT, event);

  const read = routed({
    async 'GET /domains'(event) {
      const caller = await callerOf(event);
      allowAny(caller, RIGHT);
      const page = await readDomains({ data, artifacts }, caller, parseQuery(pageQuerySchema, event));
      return jsonAnswer(200, page);
    },

    async 'GET /domains/{domain}'(event) {
      return jsonAnswer(200, await readDomainState({ data, artifacts }, await domainOf(event)));
    },

    async 'GET /domains/{domain}/history'(event) {
      const domain = await domainOf(event);
      const query = parseQuery(pageQuerySchema, event);
      return jsonAnswer(200, await readHistory({ data, artifacts }, domain, query));
    },

    async 'GET /promotions'(event) {
      allow(await callerOf(event), RIGHT);
      const query = parseQuery(promotionQuerySchema, event);
      return jsonAnswer(200, await listPromotions(sfn, stateMachineArn, query));
    },

    async 'GET /promotions/{id}'(event) {
      const caller = await callerOf(event);
      allowAny(caller, RIGHT);
      const id = promotionIdSchema.safeParse(event.pathParameters?.id);
      const promotion = id.success
        ? await readPromotion({ sfn, artifacts, stateMachineArn }, id.data, caller)
        : undefined;
      if (promotion === undefined) throw new ProblemError(404, 'There is no such promotion');
      return jsonAnswer(200, promotion);
    },
  });

  return async (event) => withEtag(event, await read(event));
}

export const handler = api(() => {
  const settings = readSettings('dataBucket', 'artifactsBucket', 'stateMachineArn', 'firstApiKeyId');
  const s3 = s3Client();
  const artifacts = new Bucket(s3, settings.artifactsBucket);
  return createRead({
    data: new Bucket(s3, settings.dataBucket),
    artifacts,
    sfn: stepFunctionsClient(),
    callerOf: createCallers({ artifacts, firstKeyId: settings.firstApiKeyId, now: Date.now }),
    settings,
  });
});
