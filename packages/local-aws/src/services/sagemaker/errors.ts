import { ServiceError } from '../../service.ts';

/** SageMaker says most things with this one code; callers tell them apart by the text. */
export const validation = (message: string) => new ServiceError('ValidationException', message);

export const couldNotFind = (what: string, arn: string) => validation(`Could not find ${what} "${arn}".`);

export const alreadyExisting = (what: string, arn: string) =>
  validation(`Cannot create already existing ${what} "${arn}".`);

export const requestedResourceNotFound = () => validation('Requested resource not found.');

/** What SageMaker calls a fault of its own; jobs with a RetryStrategy are tried again after it. */
export const INTERNAL_SERVER_ERROR =
  'InternalServerError: We encountered an internal error. Please try again.';
