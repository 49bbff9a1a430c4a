import * as z from 'zod';

/**
 * What a model package of the registry says about the origin of its model (`CustomerMetadataProperties`: text
 * only). People and other tools may add properties.
 */
export const packageMetadataSchema = z.object({
  domain: z.string(),
  outcome: z.string(),
  execution: z.string(),
  executionArn: z.string().optional(),
  trainingJob: z.string(),
  accuracy: z.string(),
  baselineAccuracy: z.string(),
  trainImages: z.string(),
  trainDigest: z.string(),
  testImages: z.string(),
  testDigest: z.string(),
  generalModel: z.string(),
  generalVersion: z.string(),
  manifestSha256: z.string().optional(),
  generalDataSet: z.string().optional(),
  generalDataSetDigest: z.string().optional(),
  generalDataSetImages: z.string().optional(),
  /** The file that an imported general model comes from. */
  generalSource: z.string().optional(),
  generalSourceDigest: z.string().optional(),
  generalSourceFormat: z.string().optional(),
  endpointConfig: z.string().optional(),
  /** Who promoted it although the gate rejected it, and why. */
  forcedBy: z.string().optional(),
  forcedReason: z.string().optional(),
});
export type PackageMetadata = z.output<typeof packageMetadataSchema>;
