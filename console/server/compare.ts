import { mapBounded } from '#core/bounded.ts';
import { GraftError, NotFoundError } from '#core/errors.ts';
import { trainingOutputKeys } from '#core/keys.ts';
import { trainingJobName } from '#core/names.ts';
import { INSTANCE_BODY_BYTES, requestType } from '#core/prediction-requests.ts';
import type { Challenger, Compared, Side } from '../contracts/prediction.ts';
import { readBody } from './read-body.ts';
import type { Asked } from './routes.ts';
import type { ConsoleServices } from './services.ts';

/** The newest promotions among which refused models are looked for. */
const LOOKED_AT = 20;
const AT_ONCE = 6;

/** The models that were not deployed, or taken back, and whose files are still there; the newest first. */
export async function challengersOf(services: ConsoleServices, domain: string): Promise<Challenger[]> {
  const { store } = services;
  const begun = await store.promotions.begun(domain);
  const found = await mapBounded(begun.slice(0, LOOKED_AT), AT_ONCE, async ({ execution }) => {
    const outcome = await store.outcomes.find({ execution, domain });
    if (outcome?.outcome !== 'REJECTED' && outcome?.outcome !== 'ROLLED_BACK') return undefined;
    if (!(await store.bucket.exists(archiveOf(services, execution, domain)))) return undefined;
    const { model, version, reason, finishedAt } = outcome;
    return { execution, model, version, outcome: outcome.outcome, reason, at: finishedAt };
  });
  return found.filter((each) => each !== undefined);
}

const archiveOf = ({ prefix }: Pick<ConsoleServices, 'prefix'>, execution: string, domain: string) =>
  trainingOutputKeys(execution, domain, trainingJobName(prefix, execution, domain, 'transfer')).modelKey;

/**
 * Asks the live model and a refused one about the image in the request's body. Both run on this machine, so
 * that nothing but the models differs.
 *
 * @param execution that trained the refused model
 * @throws ProblemError, NotFoundError where nothing is live
 */
export async function compareModels(
  services: ConsoleServices,
  { domain, execution }: { domain: string; execution: string },
  { request }: Asked,
): Promise<Compared> {
  requestType(request.headers['content-type']);
  const image = await readBody(request, INSTANCE_BODY_BYTES);
  const live = await services.store.champions.find(domain);
  if (live === undefined) throw new NotFoundError(`Nothing is live in "${domain}"`);
  // One after the other: each is told its own time.
  const champion = await sideOf(services, live.champion.modelKey, image);
  const challenger = await sideOf(services, archiveOf(services, execution, domain), image);
  return { champion, challenger };
}

async function sideOf({ localModels }: ConsoleServices, key: string, image: Uint8Array): Promise<Side> {
  try {
    return await localModels.ask(key, image);
  } catch (error) {
    if (!(error instanceof GraftError)) throw error;
    return { problem: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}
