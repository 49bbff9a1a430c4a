import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { pathWithin } from './s3-files.ts';

/** Files below a folder, as paths relative to it, sorted: the same content gives the same archive order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Writes a folder's files as a `tar.gz` with the files at its root. */
export async function packFolder(folder: string, path: string): Promise<void> {
  const files = await filesBelow(folder);
  await mkdir(dirname(path), { recursive: true });
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(path));
  const added = (async () => {
    for (const name of files) {
      const { size, mtime } = await stat(join(folder, name));
      const entry = archive.entry({ name, size, mtime, mode: 0o644 });
      await pipeline(createReadStream(join(folder, name)), entry);
    }
    archive.finalize();
  })();
  added.catch((error: Error) => archive.destroy(error));
  await Promise.all([written, added]);
}

/** Unpacks a `tar.gz`: folders and files; links and devices are left out. */
export async function unpack(path: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const archive = extract();
  const read = pipeline(createReadStream(path), createGunzip(), archive);
  const unpacked = (async () => {
    for await (const entry of archive) {
      const { name, type } = entry.header;
      if (type === 'file') {
        const target = pathWithin(folder, name);
        await mkdir(dirname(target), { recursive: true });
        await pipeline(entry, createWriteStream(target));
      } else {
        entry.resume();
      }
    }
  })();
  await Promise.all([read, unpacked]);
}
