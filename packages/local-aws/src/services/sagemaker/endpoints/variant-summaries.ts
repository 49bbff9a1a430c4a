import type { ProductionVariantSummary } from '@aws-sdk/client-sagemaker';
import type { EndpointRecord, VariantPlan } from '../records.ts';

/** Variants that are deployed: none before an endpoint has been in service. */
export function variantSummaries(endpoint: EndpointRecord): ProductionVariantSummary[] {
  if (endpoint.status === 'Creating' || endpoint.status === 'Failed') return [];
  return endpoint.plan.map((variant) => ({
    VariantName: variant.name,
    DeployedImages: [
      {
        SpecifiedImage: variant.image,
        ResolvedImage: variant.image,
        ResolutionTime: new Date(endpoint.modified),
      },
    ],
    CurrentWeight: variant.weight,
    DesiredWeight: variant.weight,
    ...capacity(variant),
  }));
}

function capacity({ serverless, instanceCount = 1 }: VariantPlan) {
  return serverless === undefined
    ? { CurrentInstanceCount: instanceCount, DesiredInstanceCount: instanceCount }
    : {
        CurrentInstanceCount: 0,
        CurrentServerlessConfig: serverless,
        DesiredServerlessConfig: serverless,
      };
}
