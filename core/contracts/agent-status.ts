import * as z from 'zod';

const count = z.int().nonnegative();

/** A model in the spool of an agent. */
const spooledModelSchema = z.strictObject({
  id: z.string(),
  model: z.string(),
  version: z.string(),
  spooledAt: z.iso.datetime(),
  bytes: count,
  /** Stack or bucket. */
  destination: z.string().optional(),
  /** `trying`: the upload is under way, and its last attempts have failed. */
  state: z.enum(['uploading', 'trying', 'waiting', 'failed']),
  /** Bytes that have arrived; absent where no upload is under way. */
  done: count.optional(),
  /** Bytes a second, lately. */
  rate: z.number().nonnegative().optional(),
  /** Why it does not move. */
  reason: z.string().optional(),
  hint: z.string().optional(),
  /** When the upload was given up. */
  failedAt: z.iso.datetime().optional(),
});
export type SpooledModel = z.output<typeof spooledModelSchema>;

/** What `graft watch` last did about one of its trainings. */
export const trainingRecordSchema = z.strictObject({
  images: z.string(),
  out: z.string(),
  state: z.enum(['training', 'trained', 'failed', 'unchanged', 'missing']),
  /** Since when. */
  at: z.iso.datetime(),
  /** Why it has failed. */
  reason: z.string().optional(),
  /** The next time of the schedule; null where there is none. */
  next: z.iso.datetime().nullable(),
});
export type TrainingRecord = z.output<typeof trainingRecordSchema>;

/** What an agent has to do and has done: `graft status --json`, and `/status` of `graft watch`. */
export const agentStatusSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Name of the machine. */
  host: z.string(),
  agentVersion: z.string(),
  /** Folder of its state. */
  state: z.string(),
  /** Null where no `graft watch` runs. */
  service: z.strictObject({ pid: z.int().positive(), since: z.iso.datetime() }).nullable(),
  /** The limit of its uploads, as `graft bandwidth` writes it. */
  bandwidth: z.string(),
  trainings: z.array(trainingRecordSchema),
  /** The oldest first. */
  spool: z.array(spooledModelSchema),
  /** Entries of the spool that cannot be read. */
  damaged: z.array(z.strictObject({ folder: z.string(), reason: z.string() })),
  /** Uploads that are finished, the newest first; only the newest of them. */
  results: z.array(
    z.strictObject({
      id: z.string(),
      model: z.string(),
      version: z.string(),
      finishedAt: z.iso.datetime(),
      /** Seconds of the run that finished it. */
      seconds: z.number().nonnegative(),
      bytes: count,
      uri: z.string(),
    }),
  ),
});
export type AgentStatus = z.output<typeof agentStatusSchema>;
