import type { EndpointState } from '#cloud/endpoints/endpoints.ts';
import type { RegisteredModel } from '#cloud/registry/model-packages.ts';

/**
 * The chain from the endpoint back to the general model's data set, each link indented below the one before.
 */
export function lineageLines(
  endpoint: string,
  state: Pick<EndpointState, 'status' | 'endpointConfig'>,
  group: string,
  { version, approval, createdAt, metadata }: RegisteredModel,
): string[] {
  const of = (name: string, images: string | undefined, digest: string | undefined) =>
    `${name}   ${images ?? '?'} images, digest ${digest ?? 'unknown'}`;
  const [accuracy, baselineAccuracy] = [metadata.accuracy, metadata.baselineAccuracy].map((a) =>
    Number(a).toFixed(3),
  );
  return [
    ...(metadata.forcedBy === undefined
      ? []
      : [
          `FORCED by ${metadata.forcedBy}, although the gate said no: ${metadata.forcedReason ?? 'no reason given'}`,
        ]),
    `endpoint             ${endpoint}   ${state.status}`,
    `└ configuration      ${state.endpointConfig}`,
    `  └ model package    ${group} version ${version}   ${approval}, ${createdAt.toISOString()}`,
    `                     accuracy ${accuracy}, ${baselineAccuracy} without transfer learning`,
    `    └ training job   ${metadata.trainingJob}`,
    `      ├ execution    ${metadata.execution}`,
    `      ├ train        ${of(metadata.domain, metadata.trainImages, metadata.trainDigest)}`,
    `      ├ test         ${of(metadata.domain, metadata.testImages, metadata.testDigest)}`,
    `      └ general      ${metadata.generalModel}/${metadata.generalVersion}   manifest ${metadata.manifestSha256 ?? 'unknown'}`,
    metadata.generalSource === undefined
      ? `        └ data set   ${of(metadata.generalDataSet ?? 'unknown', metadata.generalDataSetImages, metadata.generalDataSetDigest)}`
      : `        └ imported   ${metadata.generalSource}   ${metadata.generalSourceFormat ?? 'unknown format'}, SHA-256 ${metadata.generalSourceDigest ?? 'unknown'}`,
  ];
}
