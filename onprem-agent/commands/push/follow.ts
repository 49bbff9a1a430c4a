/**
 * What only `--follow` needs. Loaded for it alone: the client of Step Functions and the contracts take time.
 */
export { stepFunctionsClient } from '../../aws/clients.ts';
export { promotionOfModel } from '../../promotions/follow-promotion.ts';
export { waitForPromotion } from '../../promotions/wait-for-promotion.ts';
