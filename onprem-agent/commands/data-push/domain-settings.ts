import { join } from 'node:path';
import type { ArgsDef } from 'citty';
import { nameSchema } from '#core/contracts/common.ts';
import { type Domain, domainSchema } from '#core/contracts/domain.ts';
import { InvalidInputError } from '#core/errors.ts';
import { parse, parseJson } from '#core/parse.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { listLabelFolders } from '#model/data/label-folders.ts';
import { numberOption } from '../../cli/arguments.ts';
import { UsageError } from '../../cli/errors.ts';
import { explainFile } from '../../cli/file-error.ts';

/**
 * The gate's thresholds as options, for a folder without `domain.json`. They have no defaults: see
 * `domainSchema`.
 */
export const gateArgs = {
  'minimum-accuracy': { type: 'string', valueHint: '0…1', description: 'Accuracy it must show for certain' },
  'minimum-uplift': { type: 'string', valueHint: '-1…1', description: 'Gain over training from scratch' },
  'minimum-recall': { type: 'string', valueHint: '0…1', description: 'Recall that every class must reach' },
  'minimum-test-images': { type: 'string', valueHint: 'N', description: 'Fewer test images prove nothing' },
} as const satisfies ArgsDef;

/** Ten thousand labels of a hundred letters each need less. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;

type GateArgs = { [Name in keyof typeof gateArgs]?: string | undefined };

/** The content of `domain.json` in S3. */
export interface DomainSettings {
  domain: Domain;
  bytes: Buffer;
  source: 'file' | 'options';
}

/**
 * Settings of a domain: its `domain.json`, byte for byte, or, where there is none, made from the options and
 * the folders below `train/`.
 *
 * @throws InvalidInputError when `domain.json` is not valid or is of another domain
 * @throws UsageError when there is neither a file nor a full set of options, or both
 */
export async function domainSettings(folder: string, name: string, args: GateArgs): Promise<DomainSettings> {
  const parsedName = nameSchema.safeParse(name);
  if (!parsedName.success)
    throw new UsageError(`--domain is "${name}": ${parsedName.error.issues[0]!.message}`);
  const given = Object.keys(gateArgs).filter((option) => args[option as keyof GateArgs] !== undefined);
  const path = join(folder, 'domain.json');
  const bytes = await readRegularFile(path, MAXIMUM_BYTES).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw explainFile(path, error);
  });
  if (bytes === undefined) return settingsFromOptions(folder, name, args);
  if (given.length > 0) {
    throw new UsageError(
      `"${path}" is there, so --${given[0]} would be ignored`,
      'Write it into domain.json.',
    );
  }
  const domain = parseJson(
    domainSchema,
    bytes.toString('utf8'),
    `"${path}"`,
    'docs/agent.md shows a complete domain.json.',
  );
  if (domain.domain !== name) {
    throw new InvalidInputError(`"${path}" is of domain "${domain.domain}", not of "${name}"`, {
      hint: 'Correct its field "domain", or --domain.',
    });
  }
  return { domain, bytes, source: 'file' };
}

async function settingsFromOptions(folder: string, name: string, args: GateArgs): Promise<DomainSettings> {
  const { labels } = await listLabelFolders(join(folder, 'train'));
  const missing = Object.keys(gateArgs).filter((option) => args[option as keyof GateArgs] === undefined);
  if (missing.length > 0) {
    throw new UsageError(
      `"${folder}" has no domain.json, so the gate's thresholds are needed: ${missing.map((option) => `--${option}`).join(', ')}`,
      'A threshold that is not set would let any model pass, so none has a default.',
    );
  }
  const share = { minimum: 0, maximum: 1 };
  const settings = {
    schemaVersion: 1,
    domain: name,
    labels,
    gate: {
      minimumAccuracy: numberOption('minimum-accuracy', args['minimum-accuracy'], share),
      minimumUplift: numberOption('minimum-uplift', args['minimum-uplift'], { minimum: -1, maximum: 1 }),
      minimumRecall: numberOption('minimum-recall', args['minimum-recall'], share),
      minimumTestImages: numberOption('minimum-test-images', args['minimum-test-images'], {
        minimum: 1,
        whole: true,
      }),
    },
  };
  const domain = parse(domainSchema, settings, 'The domain');
  return { domain, bytes: Buffer.from(`${JSON.stringify(settings, null, 2)}\n`), source: 'options' };
}
