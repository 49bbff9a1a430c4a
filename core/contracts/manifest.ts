import { z } from 'zod';
import { labelsSchema } from '../labels.ts';
import { inputSchema, nameSchema, sha256Schema, shareSchema, versionSchema } from './common.ts';

export const MANIFEST_SCHEMA_VERSION = 1;

/** A file of the model, by its name beside the manifest. */
export const manifestFileSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a plain file name'),
  size: z.int().positive(),
  sha256: sha256Schema,
});

/**
 * `manifest.json` of a general model. The on-prem agent uploads it last, so its arrival commits the version.
 * `manifest.sig` beside it is the base64 of an Ed25519 signature over exactly its bytes.
 */
export const manifestSchema = z.strictObject({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION, {
    error: (issue) =>
      `expected ${MANIFEST_SCHEMA_VERSION}, found ${JSON.stringify(issue.input)}: train again with this version's agent, or deploy the version of Graft that wrote it`,
  }),
  model: nameSchema,
  version: versionSchema,
  createdAt: z.iso.datetime(),
  /** Every file of the model except the manifest and its signature. */
  files: z
    .array(manifestFileSchema)
    .min(1)
    .refine((files) => files.some((file) => file.name === 'model.json'), 'model.json is missing'),
  input: inputSchema,
  labels: labelsSchema,
  /** Name of the layer whose output transfer learning takes as features. */
  cutLayer: z.string().min(1),
  metrics: z.strictObject({
    trainingAccuracy: shareSchema,
    validationAccuracy: shareSchema,
    validationLoss: z.number().nonnegative(),
  }),
  dataSet: z.strictObject({
    name: z.string().min(1),
    /** Over the sorted (id, SHA-256) pairs of all images. */
    digest: sha256Schema,
    images: z.int().positive(),
    classes: z.int().min(2),
  }),
  training: z.strictObject({
    epochs: z.number().positive(),
    /** Images that passed through the network, repetitions counted. */
    imagesSeen: z.int().positive(),
    seconds: z.number().nonnegative(),
    batchSize: z.int().positive(),
    learningRate: z.number().positive(),
    seed: z.int(),
    hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    backend: z.string().min(1),
    device: z.string().min(1),
  }),
  agentVersion: z.string().min(1),
});
export type Manifest = z.output<typeof manifestSchema>;
