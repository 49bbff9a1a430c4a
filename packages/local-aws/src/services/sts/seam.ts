/** What other services may use of STS: credentials of roles. */
export { mintRoleCredentials, roleOf, secretOf } from './credentials.ts';
