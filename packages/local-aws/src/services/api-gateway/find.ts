import { ServiceError } from '../../service.ts';
import type { RestApi, RestApis, Stage } from './apis.ts';

/** For instance `Invalid API identifier specified`. */
export function notFound(what: string): ServiceError {
  return new ServiceError('NotFoundException', `Invalid ${what} identifier specified`, 404);
}

/** @throws ServiceError NotFoundException */
export function findApi(apis: RestApis, id: string | undefined): RestApi {
  const found = apis.find(id ?? '');
  if (found === undefined) throw notFound('API');
  return found;
}

/** @throws ServiceError NotFoundException */
export function findStage(api: RestApi, name: string | undefined): Stage {
  const stage = api.stages.get(name ?? '');
  if (stage === undefined) throw notFound('stage');
  return stage;
}
