import type { S3Client } from '@aws-sdk/client-s3';
import { s3Client } from '#cloud/clients.ts';
import { listDomains } from '#cloud/domains.ts';
import { verifyModel } from '#cloud/models.ts';
import { readSettings } from '#cloud/settings.ts';
import { type PromotionInput, promotionInputSchema } from '#core/contracts/promotion.ts';
import type { Verified } from '#core/contracts/promotion-state.ts';
import { InvalidInputError } from '#core/errors.ts';
import { lambda } from './middleware/lambda.ts';

/** One execution's history may have 25,000 events, and a domain takes about fifty, more while it waits for others. */
const MAXIMUM_DOMAINS = 250;

export interface VerifyModelDependencies {
  s3: S3Client;
  modelsBucket: string;
  dataBucket: string;
  publicKeys: readonly string[];
}

/** First state: believes nothing about the model that it has not checked, then says which domains it is for. */
export function createVerifyModel({ s3, modelsBucket, dataBucket, publicKeys }: VerifyModelDependencies) {
  return async function verify(input: PromotionInput): Promise<Verified> {
    const { model, version } = input;
    const { manifestSha256 } = await verifyModel(s3, modelsBucket, model, version, publicKeys);
    // A domain that was asked for and is not there is that domain's failure, so it is not looked up here.
    const domains = input.domains ? [...new Set(input.domains)] : await listDomains(s3, dataBucket);
    if (domains.length > MAXIMUM_DOMAINS) {
      throw new InvalidInputError(`There are ${domains.length} domains for one execution`, {
        hint: `Start one execution for each ${MAXIMUM_DOMAINS} of them, with "domains" in its input.`,
      });
    }
    return { model, version, manifestSha256, domains, chosen: input.domains !== undefined };
  };
}

export const handler = lambda('VerifyModel', promotionInputSchema, () => {
  const settings = readSettings('GRAFT_MODELS_BUCKET', 'GRAFT_DATA_BUCKET', 'GRAFT_SIGNING_PUBLIC_KEYS');
  return createVerifyModel({
    s3: s3Client(),
    modelsBucket: settings.GRAFT_MODELS_BUCKET,
    dataBucket: settings.GRAFT_DATA_BUCKET,
    publicKeys: settings.GRAFT_SIGNING_PUBLIC_KEYS,
  });
});
