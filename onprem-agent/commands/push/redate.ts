import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '#core/contracts/manifest.ts';
import { signatureFile } from '#core/signature.ts';
import { versionTimeOf } from '../../model-folder/manifest.ts';
import type { ModelFolder } from '../../model-folder/read.ts';

/**
 * Gives a model the version of another time, because it was trained while the machine's clock was wrong.
 * Changes `createdAt` and `version` in its manifest and signs it again.
 *
 * @param at the time, by a trusted clock
 */
export async function redate(model: ModelFolder, at: Date, privateKey: string): Promise<ModelFolder> {
  const { folder, manifest } = model;
  const weights = manifest.version.slice(manifest.version.indexOf('-'));
  const redated: Manifest = {
    ...manifest,
    version: `${versionTimeOf(at)}${weights}`,
    createdAt: at.toISOString(),
  };
  const manifestBytes = Buffer.from(`${JSON.stringify(redated, null, 2)}\n`);
  const signature = signatureFile(manifestBytes, privateKey);
  // The manifest is replaced in one step, since a half-written one would make the model unusable. An old
  // signature is replaced by the push.
  await replaceFile(join(folder, 'manifest.json'), manifestBytes);
  await replaceFile(join(folder, 'manifest.sig'), signature);
  return { ...model, manifest: redated, manifestBytes, signature };
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
