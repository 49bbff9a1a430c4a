import type { SFNClient } from '@aws-sdk/client-sfn';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { championHistoryIn } from '#cloud/records/champion-history.ts';
import { ALL_DOMAINS, type Right } from '#core/api/access.ts';
import { rollbackRequestSchema } from '#core/api/promotions.ts';
import { type PromotionInput, promotionInputSchema } from '#core/contracts/promotion.ts';
import { NotFoundError } from '#core/errors.ts';
import { domainKey, manifestKey } from '#core/keys.ts';
import { requestedExecutionName } from '#core/names.ts';
import { ProblemError } from '#core/problem.ts';
import { allow, allowAny, allowedDomain, type Callers, createCallers } from './http/access.ts';
import { jsonAnswer } from './http/answers.ts';
import { idempotencyKeyOf } from './http/idempotency-key.ts';
import { parseJsonBody } from './http/parse.ts';
import { type Handle, routed } from './http/routes.ts';
import { startOnce } from './http/start-once.ts';
import { api } from './middleware/api.ts';

interface OperateServices {
  models: Bucket;
  data: Bucket;
  artifacts: Bucket;
  sfn: SFNClient;
  callerOf: Callers;
  settings: { stateMachineArn: string };
}

const RIGHT: Right = 'operate';

/** Starts promotions and rollbacks, after a look at what would make them fail at once. */
export function createOperate(services: OperateServices): Handle {
  const { models, data, artifacts, sfn, callerOf, settings } = services;
  const { stateMachineArn } = settings;

  return routed({
    async 'POST /promotions'(event) {
      const caller = await callerOf(event);
      allowAny(caller, RIGHT);
      const input = parseJsonBody(promotionInputSchema, event);
      for (const domain of input.domains ?? [ALL_DOMAINS]) allow(caller, RIGHT, domain);
      const name = requestedExecutionName('promote', caller.id, idempotencyKeyOf(event));
      await refuseMissing(input);
      const started = await startOnce(sfn, { stateMachineArn, name, input });
      return jsonAnswer(202, started, { location: `promotions/${name}` });
    },

    async 'POST /domains/{domain}/rollback'(event) {
      const caller = await callerOf(event);
      const domain = allowedDomain(caller, RIGHT, event);
      const rollback = { domain, ...parseJsonBody(rollbackRequestSchema, event) };
      const name = requestedExecutionName('rollback', caller.id, idempotencyKeyOf(event));
      await championHistoryIn(artifacts).findRollback(rollback).catch(refuse);
      const started = await startOnce(sfn, { stateMachineArn, name, input: { rollback } });
      return jsonAnswer(202, started, { location: `../../promotions/${name}` });
    },
  });

  /** @throws ProblemError 422 naming what the promotion would not find */
  async function refuseMissing({ model, version, domains = [] }: PromotionInput): Promise<void> {
    const [known, ...found] = await Promise.all([
      models.exists(manifestKey(model, version)),
      ...domains.map((domain) => data.exists(domainKey(domain))),
    ]);
    if (!known) throw new ProblemError(422, `There is no general model ${model} ${version}`);
    const missing = domains.filter((_domain, at) => !found[at]);
    if (missing.length > 0)
      throw new ProblemError(422, `There is no domain ${missing.slice(0, 10).join(', ')}`);
  }
}

/** The rollback would fail for this reason: nothing is live, or no earlier model fits. */
function refuse(error: unknown): never {
  if (!(error instanceof NotFoundError)) throw error;
  const hint = error.hint === undefined ? '' : `. ${error.hint}`;
  throw new ProblemError(422, `${error.message}${hint}`, { cause: error });
}

export const handler = api(() => {
  const settings = readSettings(
    ...(['modelsBucket', 'dataBucket', 'artifactsBucket', 'stateMachineArn', 'firstApiKeyId'] as const),
  );
  const s3 = s3Client();
  const artifacts = new Bucket(s3, settings.artifactsBucket);
  return createOperate({
    models: new Bucket(s3, settings.modelsBucket),
    data: new Bucket(s3, settings.dataBucket),
    artifacts,
    sfn: stepFunctionsClient(),
    callerOf: createCallers({ artifacts, firstKeyId: settings.firstApiKeyId, now: Date.now }),
    settings,
  });
});
