/** Who may do what: the roles of the stacks, and IAM's decisions about them. */
export { roleMay } from './services/iam/decide.ts';
export { rolesOf } from './services/iam/roles.ts';
