import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const activitySchema = z.strictObject({
  at: z.iso.datetime(),
  done: z.number(),
  total: z.number(),
  /** Bytes a second, lately. */
  rate: z.number(),
  /** Why nothing moves; left out while something does. */
  waits: z.string().optional(),
});
/** How far the upload of an entry is, as its process wrote it last. */
export type Activity = z.output<typeof activitySchema>;

const fileOf = (folder: string) => join(folder, 'activity.json');

/** Not for certain on disk: it is only looked at. */
export async function writeActivity(folder: string, activity: Activity): Promise<void> {
  const temporary = `${fileOf(folder)}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(activity));
    await rename(temporary, fileOf(folder));
  } catch {
    await rm(temporary, { force: true });
  }
}

export async function readActivity(folder: string): Promise<Activity | undefined> {
  try {
    return activitySchema.parse(JSON.parse(await readFile(fileOf(folder), 'utf8')));
  } catch {
    return undefined;
  }
}
