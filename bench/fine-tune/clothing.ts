import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRandom } from '#core/random.ts';

/** The photographs, unpacked once. */
export async function unpackClothing(zip: string, python: string): Promise<string> {
  const folder = join('.graft', 'bench', 'clothing');
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  execFileSync(python, ['-m', 'zipfile', '-e', zip, partial]);
  await rename(join(partial, 'clothing'), folder);
  await rm(partial, { recursive: true });
  return folder;
}

/** A domain with so many training images of each class, other ones for each seed, and all test images. */
export async function drawDomain(photographs: string, perClass: number, seed: number): Promise<string> {
  const out = join('.graft', 'bench', `clothing-${perClass}-${seed}`);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await symlink(resolve(photographs, 'test'), join(out, 'test'));
  for (const label of await readdir(join(photographs, 'train'))) {
    const from = join(photographs, 'train', label);
    const names = createRandom('clothing', seed, label).shuffle((await readdir(from)).sort());
    await mkdir(join(out, 'train', label), { recursive: true });
    for (const name of names.slice(0, perClass)) {
      await copyFile(join(from, name), join(out, 'train', label, name));
    }
  }
  return out;
}
