import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { InvalidInputError } from '#core/errors.ts';
import { parse } from '#core/parse.ts';
import { instancePricesSchema } from '#core/prices.ts';
import { keyIdOf } from '#core/signature.ts';
import { revokedKeyNameSchema, revokedKeysText } from '#core/signing-trust.ts';
import { repository } from './fingerprint.ts';
import { optionVariables, regionalArns, stageOptions } from './stage-options.ts';

/** Ed25519 as SPKI in base64: the first 16 characters are the algorithm's name. */
const publicKeySchema = z
  .string()
  .regex(
    /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/,
    'expected a public key as `graft keygen` prints it (60 characters that begin with MCowBQYDK2VwAyEA)',
  );

const revokedKeySchema = z.strictObject({
  publicKey: publicKeySchema,
  on: z.iso.date('expected a day such as 2026-11-28'),
  name: revokedKeyNameSchema,
});

/**
 * All settings of a stage, so that a deployment does not depend on the environment of the command.
 */
const stageSettingsSchema = z
  .strictObject({
    /** The stage lives in one region. */
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region such as "eu-central-1"'),
    /** The account, as a guard against credentials of another one. */
    account: z
      .string('expected 12 digits in quotation marks')
      .regex(/^\d{12}$/, 'expected 12 digits in quotation marks')
      .optional(),
    /** Public keys of the agents whose models are accepted; two while a key is replaced. */
    signingPublicKeys: z.array(publicKeySchema).min(1, 'without a key the stack would refuse every model'),
    /** Keys whose signatures count no longer, with the day and whose they were. */
    revokedSigningKeys: z.array(revokedKeySchema).optional(),
    instancePrices: instancePricesSchema.optional(),
    ...stageOptions,
  })
  .superRefine((settings, context) => {
    for (const [index, { publicKey }] of (settings.revokedSigningKeys ?? []).entries()) {
      if (!settings.signingPublicKeys.includes(publicKey)) continue;
      context.addIssue({
        code: 'custom',
        path: ['revokedSigningKeys', index],
        message: `key ${keyIdOf(publicKey)} is also in signingPublicKeys: take it out there`,
      });
    }
    for (const [setting, arn] of Object.entries(regionalArns(settings))) {
      const region = arn?.split(':')[3];
      if (region === undefined || region === settings.region) continue;
      context.addIssue({
        code: 'custom',
        path: setting.split('.'),
        message: `is in ${region}, the stage in ${settings.region}`,
      });
    }
  });
export type StageSettings = z.output<typeof stageSettingsSchema>;

/**
 * The environment variables of serverless.yml that a settings file decides on; `undefined` where it leaves
 * the default.
 */
export function variablesOf(settings: StageSettings): Record<string, string | undefined> {
  const { signingPublicKeys, revokedSigningKeys, instancePrices } = settings;
  return {
    GRAFT_SIGNING_PUBLIC_KEYS: signingPublicKeys.join(','),
    GRAFT_REVOKED_SIGNING_KEYS: revokedSigningKeys && revokedKeysText(revokedSigningKeys),
    GRAFT_INSTANCE_PRICES: instancePrices && JSON.stringify(instancePrices),
    ...optionVariables(settings),
  };
}

/** Default path of a stage's settings. */
export function settingsFileOf(stage: string): string {
  return join('stages', `${stage}.yml`);
}

/**
 * @param file absolute, or relative to the repository
 * @throws InvalidInputError when the file is missing or not valid
 */
export async function readStageSettings(file: string): Promise<StageSettings> {
  const text = await readFile(resolve(repository, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new InvalidInputError(`There is no ${file}: a stage is deployed with the settings in its file`, {
      hint: `cp stages/example.yml ${file}, and put your public key in (npx graft keygen prints it).`,
    });
  });
  return parseStageSettings(text, file);
}

/** @param file for messages */
export function parseStageSettings(text: string, file: string): StageSettings {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (cause) {
    throw new InvalidInputError(`${file} is not YAML: ${(cause as Error).message}`, { cause });
  }
  return parse(stageSettingsSchema, value, file, 'stages/example.yml explains every setting.');
}

/**
 * Refuses leftover variables of the environment, so that they cannot silently override the settings.
 *
 * @throws InvalidInputError that names each variable whose value differs from the settings
 */
export function refuseOtherVariables(
  settings: StageSettings,
  environment: Readonly<Record<string, string | undefined>>,
  file: string,
): void {
  const different = Object.entries(variablesOf(settings)).filter(
    ([name, value]) => environment[name] !== undefined && environment[name] !== (value ?? ''),
  );
  if (different.length === 0) return;
  const list = different.map(
    ([name, value]) =>
      `${name} is "${environment[name]}" in the environment, ${value === undefined ? `and ${file} does not set it` : `"${value}" in ${file}`}`,
  );
  throw new InvalidInputError(list.join('; '), {
    hint: `Only the file counts. unset ${different.map(([name]) => name).join(' ')}, or change ${file}.`,
  });
}
