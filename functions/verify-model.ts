import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { listDomains } from '#cloud/data/domains.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { verifyModel } from '#cloud/registry/verify-model.ts';
import { executionInputSchema, type PromotionInput, type RollbackInput } from '#core/contracts/promotion.ts';
import type { Verified } from '#core/contracts/promotion-state.ts';
import { InvalidInputError } from '#core/errors.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/** One execution's history may have 25,000 events, and a domain takes sixty-two (`npm run bench:promotion`), more while it waits. */
const MAXIMUM_DOMAINS = 250;

/**
 * First state: believes nothing about the model that it has not checked, then says which domains it is for. A rollback needs no
 * general model: what was live before has passed here once, and is looked at again before it is put back.
 */
export function createVerifyModel({
  store,
  models,
  data,
  settings,
}: Services<'store' | 'models' | 'data', 'publicKeys'>) {
  return async function verify(input: PromotionInput | RollbackInput): Promise<Verified> {
    if ('rollback' in input) return verifyRollback(input);
    const { model, version, force, gateOnly } = input;
    const { manifestSha256 } = await verifyModel(models, { model, version }, settings.publicKeys);
    // A domain that was asked for and is not there is that domain's failure, so it is not looked up here.
    const domains = input.domains ? [...new Set(input.domains)] : await listDomains(data);
    if (domains.length > MAXIMUM_DOMAINS) {
      throw new InvalidInputError(`There are ${domains.length} domains for one execution`, {
        hint: `Start one execution for each ${MAXIMUM_DOMAINS} of them, with "domains" in its input.`,
      });
    }
    return {
      model,
      version,
      manifestSha256,
      domains,
      chosen: input.domains !== undefined,
      manual: { ...(force ? { force } : {}), ...(gateOnly ? { gateOnly } : {}) },
    };
  };

  async function verifyRollback({ rollback }: RollbackInput): Promise<Verified> {
    const found = await store.championHistory.findRollback(rollback);
    const { domain, model, version } = found.target;
    return { model, version, domains: [domain], chosen: true, manual: { rollback: found } };
  }
}

export const handler = lambda('VerifyModel', executionInputSchema, () => {
  const settings = readSettings('modelsBucket', 'dataBucket', 'artifactsBucket', 'publicKeys');
  const s3 = s3Client();
  return createVerifyModel({
    store: promotionStore(s3, settings.artifactsBucket),
    models: new Bucket(s3, settings.modelsBucket),
    data: new Bucket(s3, settings.dataBucket),
    settings,
  });
});
