/** What other services may use of IAM. */
export { roleMay } from './decide.ts';
export { findRole } from './roles.ts';
export { trustsCaller, trustsService } from './trust.ts';
