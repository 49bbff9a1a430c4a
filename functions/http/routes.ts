import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

export type Handle = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

/** One function for several routes, by `METHOD /resource` as `serverless.yml` has them. */
export function routed(routes: Record<string, Handle>): Handle {
  return async (event) => {
    const route = routes[`${event.httpMethod} ${event.resource}`];
    if (route === undefined) throw new Error(`no route for ${event.httpMethod} ${event.resource}`);
    return route(event);
  };
}
