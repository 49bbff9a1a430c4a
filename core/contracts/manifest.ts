import * as z from 'zod';
import { labelsSchema } from '../labels.ts';
import { inputSchema, nameSchema, sha256Schema, shareSchema, versionSchema } from './common.ts';

export const MANIFEST_SCHEMA_VERSION = 2;

/** The graph, in ONNX's file format, of a general model and of a served one. */
export const MODEL_FILE = 'model.onnx';

/** A file of the model, by its name beside the manifest. */
export const manifestFileSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a plain file name'),
  size: z.int().positive(),
  sha256: sha256Schema,
});

/** Synthetic images whose features every machine compares with the manifest's after loading the model. */
export const REFERENCE_IMAGES = 3;

/**
 * An output of the graph that transfer learning takes: a map of shape [n, width, rows, columns], whatever the
 * input's layout is, or a vector of shape [n, width].
 */
export const featuresSchema = z.strictObject({
  /** Of the graph's output. */
  name: z.string().min(1),
  /** Number of values, for a map at each place. */
  width: z.int().positive().max(65_536),
  /** Of a map. */
  places: z.strictObject({ rows: z.int().positive(), columns: z.int().positive() }).optional(),
  /** `width` values for each of the synthetic images, the means over all places for a map. */
  reference: z.array(z.array(z.number())).length(REFERENCE_IMAGES),
});
export type Features = z.output<typeof featuresSchema>;

const trainedSchema = z.strictObject({
  kind: z.literal('trained'),
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
});

const importedSchema = z.strictObject({
  kind: z.literal('imported'),
  format: z.enum(['onnx', 'keras', 'keras-h5', 'tfjs']),
  /** The program that wrote the file, as the file says: for instance "pytorch 2.9.0". */
  producer: z.string().optional(),
  /** The file that was given, or of a folder the one that describes the model. */
  source: z.strictObject({ name: z.string().min(1), size: z.int().positive(), sha256: sha256Schema }),
});

/** Where a general model comes from. */
export const originSchema = z.discriminatedUnion('kind', [trainedSchema, importedSchema]);
export type Origin = z.output<typeof originSchema>;

/** Parsed first, so that an older manifest is refused by its version and not by each of its fields. */
const versionedSchema = z.looseObject({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION, {
    error: (issue) =>
      `expected ${MANIFEST_SCHEMA_VERSION}, found ${JSON.stringify(issue.input)}: train or import again with this version's agent, or deploy the version of Graft that wrote it`,
  }),
});

/**
 * `manifest.json` of a general model. The on-prem agent uploads it last, so its arrival commits the version.
 * `manifest.sig` beside it is the base64 of an Ed25519 signature over exactly its bytes.
 *
 * The model is `model.onnx`, in which all constants are: prepared images → features, and probabilities of
 * labels where it has a classifier.
 */
export const manifestSchema = versionedSchema.pipe(
  z.strictObject({
    schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION),
    model: nameSchema,
    version: versionSchema,
    createdAt: z.iso.datetime(),
    /** Every file of the model except the manifest and its signature. */
    files: z
      .array(manifestFileSchema)
      .min(1)
      .refine((files) => files.some((file) => file.name === MODEL_FILE), `${MODEL_FILE} is missing`),
    input: inputSchema,
    /** Where the network has several, transfer learning chooses by its validation images. */
    features: z.array(featuresSchema).min(1).max(4),
    /** Its output has shape [n, labels], probabilities in the order of `labels`. */
    classifier: z.strictObject({ name: z.string().min(1), labels: labelsSchema }).optional(),
    /** Number of all constants' values. */
    parameters: z.int().positive(),
    origin: originSchema,
    agentVersion: z.string().min(1),
  }),
);
export type Manifest = z.output<typeof manifestSchema>;
