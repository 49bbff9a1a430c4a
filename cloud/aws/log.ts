import { Logger } from '@aws-lambda-powertools/logger';

/** The Lambdas' log: JSON lines, level by `POWERTOOLS_LOG_LEVEL`. */
export const log = new Logger({ serviceName: 'graft' });
