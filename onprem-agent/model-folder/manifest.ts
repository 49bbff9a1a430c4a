import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MANIFEST_SCHEMA_VERSION,
  type Manifest,
  MODEL_FILE,
  manifestSchema,
} from '#core/contracts/manifest.ts';
import { sha256OfFile } from '#core/digest.ts';
import { parse } from '#core/parse.ts';
import { signatureFile } from '#core/signature.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** The fields that a training or an import knows. The others follow from the files. */
export type ModelDescription = Omit<
  Manifest,
  'schemaVersion' | 'version' | 'createdAt' | 'files' | 'agentVersion'
>;

/**
 * Writes `manifest.json`, and `manifest.sig` when there is a key, beside the files of a model.
 *
 * @param files names within the folder, `model.onnx` among them
 * @throws InvalidInputError naming each field that is not valid
 */
export async function writeManifest(
  folder: string,
  files: readonly string[],
  description: ModelDescription,
  options: { createdAt: Date; privateKey: string | undefined },
): Promise<Manifest> {
  const described = await Promise.all(
    files.map(async (name) => ({ name, ...(await sha256OfFile(join(folder, name))) })),
  );
  const model = described.find(({ name }) => name === MODEL_FILE)!;
  const manifest = parse(
    manifestSchema,
    {
      schemaVersion: MANIFEST_SCHEMA_VERSION,
      version: versionOf(options.createdAt, model.sha256),
      createdAt: options.createdAt.toISOString(),
      files: described,
      ...description,
      agentVersion: packageJson.version,
    },
    'The manifest',
  );
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, 'manifest.json'), bytes);
  if (options.privateKey !== undefined) {
    await writeFile(join(folder, 'manifest.sig'), signatureFile(bytes, options.privateKey));
  }
  return manifest;
}

/** @example (2026-11-23 15:42:00 UTC, '3f2a9c…') → `20261123T154200Z-3f2a9c` */
export function versionOf(createdAt: Date, modelSha256: string): string {
  return `${versionTimeOf(createdAt)}-${modelSha256.slice(0, 6)}`;
}

/** The time that a version begins with. */
export function versionTimeOf(createdAt: Date): string {
  return createdAt.toISOString().replace(/[-:]|\.\d+/g, '');
}
