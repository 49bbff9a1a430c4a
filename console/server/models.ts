import { verifyManifest } from '#cloud/registry/verify-manifest.ts';
import { mapBounded } from '#core/bounded.ts';
import { nameSchema, versionSchema } from '#core/contracts/common.ts';
import { type Manifest, manifestSchema, type Origin } from '#core/contracts/manifest.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { executionName } from '#core/names.ts';
import { parseJson } from '#core/parse.ts';
import { claimedKeyId } from '#core/signature.ts';
import type { Rows } from '../contracts/domains.ts';
import type { ModelRow } from '../contracts/models.ts';
import type { ConsoleServices } from './services.ts';

const MODELS_PER_PAGE = 20;
const AT_ONCE = 6;

/**
 * One page of the general models' versions, the newest first.
 *
 * @param page the versions before which this page begins, as the page before said
 */
export async function modelRows(
  services: ConsoleServices,
  page: string | undefined,
): Promise<Rows<ModelRow>> {
  const { models } = services;
  const names = (await models.folders('general/')).filter((name) => nameSchema.safeParse(name).success);
  const versions = await mapBounded(names, AT_ONCE, async (model) =>
    (await models.folders(`general/${model}/`)).map((version) => ({ model, version })),
  );
  const order = (one: { model: string; version: string }) => `${one.version} ${one.model}`;
  const all = versions
    .flat()
    .filter(({ version }) => versionSchema.safeParse(version).success)
    .filter((each) => page === undefined || order(each) < page)
    .sort((one, other) => (order(one) < order(other) ? 1 : -1));
  const shown = all.slice(0, MODELS_PER_PAGE);
  const rows = await mapBounded(shown, AT_ONCE, (each) => modelRow(services, each));
  return { rows, ...(all.length > shown.length ? { next: order(shown.at(-1)!) } : {}) };
}

async function modelRow(
  services: ConsoleServices,
  { model, version }: { model: string; version: string },
): Promise<ModelRow> {
  const { models } = services;
  let size = 0;
  for await (const object of models.list(generalModelPrefix(model, version))) size += object.size;
  const manifest = await readManifest(services, model, version);
  return {
    ...{ model, version, size },
    signature: await signatureOf(services, model, version),
    execution: executionName(model, version),
    ...(manifest === undefined
      ? {}
      : {
          origin: originText(manifest.origin),
          features: manifest.features.map(featuresText).join(', '),
          agentVersion: manifest.agentVersion,
        }),
  };
}

/** Undefined while the upload is not complete, and for a manifest of another version of Graft. */
async function readManifest(
  { models }: ConsoleServices,
  model: string,
  version: string,
): Promise<Manifest | undefined> {
  const found = await models.find(manifestKey(model, version));
  if (found === undefined) return undefined;
  try {
    return parseJson(manifestSchema, new TextDecoder().decode(found.bytes), 'The manifest');
  } catch {
    return undefined;
  }
}

/** Whether this deployment would accept the version, except for the content of its files. */
async function signatureOf(
  { models, trust }: ConsoleServices,
  model: string,
  version: string,
): Promise<ModelRow['signature']> {
  if (trust === undefined) return { valid: false, text: 'the stack does not say which keys it trusts' };
  try {
    await verifyManifest(models, { model, version }, trust);
    const file = await models.find(signatureKey(model, version));
    const id = file && claimedKeyId(new TextDecoder().decode(file.bytes));
    return { valid: true, text: id === undefined ? 'signed' : `signed by ${id}` };
  } catch (error) {
    return { valid: false, text: (error as Error).message };
  }
}

const featuresText = ({ name, width, places }: Manifest['features'][number]) =>
  `${name}: ${width} values${places ? ` at ${places.rows} × ${places.columns} places` : ''}`;

function originText(origin: Origin): string {
  if (origin.kind === 'imported') {
    const { format, producer, source } = origin;
    return `imported from ${source.name} (${[format, producer].filter(Boolean).join(', ')})`;
  }
  const { dataSet } = origin;
  return `trained on ${dataSet.images} images of ${dataSet.classes} classes (${dataSet.name}), ${Math.round(origin.training.epochs * 10) / 10} epochs`;
}
