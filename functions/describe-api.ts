import { openApiDocument } from '#core/api/openapi.ts';
import { jsonAnswer } from './http/answers.ts';
import { withEtag } from './http/etag.ts';
import { type Handle, routed } from './http/routes.ts';
import { api } from './middleware/api.ts';

/**
 * What anybody may know without a key: that the API answers, and what it is. This function may read nothing
 * in the account.
 */
export function createDescribeApi(): Handle {
  let document: object | undefined;
  return routed({
    async 'GET /health'() {
      return jsonAnswer(200, { status: 'ok' });
    },
    async 'GET /openapi.json'(event) {
      document ??= openApiDocument();
      return withEtag(event, jsonAnswer(200, document));
    },
  });
}

export const handler = api(createDescribeApi);
