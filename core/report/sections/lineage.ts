import type { Report } from '../../contracts/report.ts';
import { plural } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Names and digests by which everything behind the outcome can be found again. */
export function lineage(report: Report): Html {
  const { lineage: from } = report;
  const { data, generalDataSet } = from;
  const entries: [string, string | undefined][] = [
    ['Execution', from.executionArn ?? report.execution],
    ['General model', `${report.model}/${report.version}`],
    ['Its manifest', from.manifest],
    ['SHA-256 of the manifest', from.manifestSha256],
    [
      'Data set of the general model',
      generalDataSet &&
        `${generalDataSet.name}, ${plural(generalDataSet.images, 'image')}, digest ${generalDataSet.digest}`,
    ],
    ['Trained by', from.agentVersion && `graft ${from.agentVersion}`],
    [
      'Training images of the domain',
      data && `${plural(data.trainImages, 'image')}, digest ${data.trainDigest}`,
    ],
    ['Test images of the domain', data && `${plural(data.testImages, 'image')}, digest ${data.testDigest}`],
    ['Left out as unreadable', data && data.damaged > 0 ? plural(data.damaged, 'image') : undefined],
    ...report.cost.jobs.map((job): [string, string] => [`Training job (${job.mode})`, job.arn ?? job.name]),
    ['SageMaker model', from.modelName],
    ['Model package', from.modelPackage],
    ['Endpoint', from.endpoint],
    ['Endpoint configuration', from.endpointConfig],
    ['Live before', from.replaces === null ? 'nothing' : from.replaces],
    ...from.files.map((file): [string, string] => ['File', file]),
  ];
  return html`<section id="lineage" class="long">
<h2>Where it comes from</h2>
<dl>${entries.map(([name, value]) =>
    value === undefined
      ? undefined
      : html`<dt>${name}</dt><dd class="id">${value}</dd>
`,
  )}</dl>
</section>`;
}
