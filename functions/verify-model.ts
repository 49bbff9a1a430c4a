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

/**
 * One execution's history may have 25,000 events. A domain takes sixty-two (`npm run bench:promotion`), and
 * more while it waits.
 */
const MAXIMUM_DOMAINS = 250;

/**
 * The first state: verifies the general model, and lists the domains that it is promoted to. A rollback needs
 * no general model: the earlier champion was verified when it was promoted, and RollBackEndpoint checks it
 * again.
 */
export function createVerifyModel({
  store,
  models,
  data,
  settings,
}: Services<'store' | 'models' | 'data', 'publicKeys' | 'revokedKeys'>) {
  return async function verify(input: PromotionInput | RollbackInput): Promise<Verified> {
    if ('rollback' in input) return verifyRollback(input);
    const { model, version, force, gateOnly } = input;
    const { manifestSha256 } = await verifyModel(models, { model, version }, settings);
    // Not looked up here: a chosen domain that does not exist fails by itself, in PrepareDomain.
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
  const settings = readSettings('modelsBucket', 'dataBucket', 'artifactsBucket', 'publicKeys', 'revokedKeys');
  const s3 = s3Client();
  return createVerifyModel({
    store: promotionStore(s3, settings.artifactsBucket),
    models: new Bucket(s3, settings.modelsBucket),
    data: new Bucket(s3, settings.dataBucket),
    settings,
  });
});
