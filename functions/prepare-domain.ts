import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { checkData } from '#cloud/data/data-checks.ts';
import { checkImages, refuseProblems } from '#cloud/data/domain-images.ts';
import { readDomain } from '#cloud/data/domains.ts';
import { refuseSuperseded } from '#cloud/records/champions.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { domainFingerprint } from '#core/baseline-fingerprint.ts';
import { nameSchema } from '#core/contracts/common.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import {
  domainSubjectSchema,
  manualSchema,
  type OfferedChampion,
  type Prepared,
} from '#core/contracts/promotion-state.ts';
import { lateImages } from '#core/data-checks.ts';
import { domainSnapshotKey } from '#core/keys.ts';
import { endpointName, sharedEndpointName, trainingJobName } from '#core/names.ts';
import { parse } from '#core/parse.ts';
import { withLatency } from '#core/rollout.ts';
import { isNewer } from '#core/versions.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  chosen: z.boolean(),
  manual: manualSchema.optional(),
});

/** Checks a domain before it causes any cost, and keeps this promotion's own copy of its `domain.json`. */
export function createPrepareDomain(services: Services<'store' | 'data' | 'now', 'endpointPrefix'>) {
  const { store, data, now } = services;
  const { endpointPrefix } = services.settings;
  return async function prepareDomain(input: z.output<typeof inputSchema>): Promise<Prepared> {
    const { execution } = input;
    const name = parse(nameSchema, input.domain, `The domain's name "${input.domain}"`);
    const { domain, bytes, committed } = await readDomain(data, name);
    const live = (await store.champions.find(name))?.champion;
    // Gate-only takes a model of any age, since it deploys nothing.
    const { force, gateOnly } = input.manual ?? {};
    if (!gateOnly) refuseSuperseded(live, input, force && live?.trainingJob);
    const { images, warnings } = await checkImages(data, domain);
    const late = lateImages(Object.values(images).flat(), committed, now());
    refuseProblems(domain, late.problems, 'Wait for the end of the upload');
    warnings.push(...late.warnings, ...(await checkData(data, domain, images)));
    if (force && live && isNewer(live, input.version)) {
      warnings.push(
        `${force.by} forces ${input.version} over ${live.version}, whose date is later (${force.reason})`,
      );
    }
    const champion = await championToCompare(live, warnings);
    await store.promotions.add({ execution, domain: name });
    await store.bucket.write(domainSnapshotKey(execution, name), bytes, 'application/json');
    const { instanceType, spot, maxSeconds } = domain.recipe;
    const settings =
      domain.endpoint.type === 'instances'
        ? withLatency(domain.endpoint, domain.gate.maximumLatencyMs)
        : domain.endpoint;
    return {
      jobs: {
        transfer: trainingJobName(endpointPrefix, execution, name, 'transfer'),
        baseline: trainingJobName(endpointPrefix, execution, name, 'baseline'),
      },
      resources: { instanceType, spot, maxSeconds },
      gate: domain.gate,
      endpoint: {
        name:
          settings.type === 'shared'
            ? sharedEndpointName(endpointPrefix)
            : endpointName(endpointPrefix, name),
        settings,
      },
      images: {
        train: images.train.length,
        test: images.test.length,
        ...(images.other.length === 0 ? {} : { other: images.other.length }),
      },
      champion,
      ...(warnings.length === 0 ? {} : { warnings }),
      approval: domain.approval,
      baseline: {
        domainFingerprint: domainFingerprint(domain, Object.values(images).flat()),
        reuse: true,
      },
    };
  };

  async function championToCompare(
    live: Champion | undefined,
    warnings: string[],
  ): Promise<OfferedChampion | null> {
    if (live === undefined) return null;
    const { trainingJob, version, modelKey } = live;
    if (await store.bucket.exists(modelKey)) return { trainingJob, version, modelKey };
    warnings.push(
      `The live model's archive ${store.bucket.uri(modelKey)} is missing, so no new model can be compared with it and the gate will reject every one: put the archive back, or force a promotion`,
    );
    return { trainingJob, version, modelKey: null };
  }
}

export const handler = lambda('PrepareDomain', inputSchema, () => {
  const settings = readSettings('dataBucket', 'artifactsBucket', 'endpointPrefix');
  const s3 = s3Client();
  return createPrepareDomain({
    store: promotionStore(s3, settings.artifactsBucket),
    data: new Bucket(s3, settings.dataBucket),
    now: Date.now,
    settings,
  });
});
