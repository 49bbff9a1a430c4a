import type { Report } from '../../contracts/report.ts';
import { consoleLinks } from '../console-links.ts';
import { plural } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Names and digests that lead to everything behind the outcome. */
export function lineage(report: Report): Html {
  const { lineage: from } = report;
  const { data, generalDataSet, generalSource } = from;
  const links = consoleLinks(from.executionArn);
  const entries: [name: string, value: string | undefined, link?: string | undefined][] = [
    [
      'Execution',
      from.executionArn ?? report.execution,
      from.executionArn && links?.execution(from.executionArn),
    ],
    ['Forced by', report.forced && `${report.forced.by}: ${report.forced.reason}`],
    ['General model', `${report.model}/${report.version}`],
    ['Its manifest', from.manifest, links?.object(from.manifest)],
    ['SHA-256 of the manifest', from.manifestSha256],
    [
      'Data set of the general model',
      generalDataSet &&
        `${generalDataSet.name}, ${plural(generalDataSet.images, 'image')}, digest ${generalDataSet.digest}`,
    ],
    [
      'Imported from',
      generalSource &&
        `${generalSource.name} (${[generalSource.format, generalSource.producer].filter(Boolean).join(', ')}), SHA-256 ${generalSource.digest}`,
    ],
    [generalSource ? 'Imported by' : 'Trained by', from.agentVersion && `graft ${from.agentVersion}`],
    [
      'Training images of the domain',
      data && `${plural(data.trainImages, 'image')}, digest ${data.trainDigest}`,
    ],
    ['Test images of the domain', data && `${plural(data.testImages, 'image')}, digest ${data.testDigest}`],
    ['Left out as unreadable', data && data.damaged > 0 ? plural(data.damaged, 'image') : undefined],
    ...report.cost.jobs.map((job): [string, string, string | undefined] => [
      `Training job (${job.mode})`,
      job.arn ?? job.name,
      links?.trainingJob(job.name),
    ]),
    ['SageMaker model', from.modelName, from.modelName && links?.model(from.modelName)],
    ['Model package', from.modelPackage],
    ['Endpoint', from.endpoint, from.endpoint && links?.endpoint(from.endpoint)],
    [
      'Endpoint configuration',
      from.endpointConfig,
      from.endpointConfig && links?.endpointConfig(from.endpointConfig),
    ],
    ['Live before', from.replaces === null ? 'nothing' : from.replaces],
    ...from.files.map((file): [string, string, string | undefined] => ['File', file, links?.object(file)]),
  ];
  return html`<section id="lineage" class="long">
<h2>Where it comes from</h2>
<dl>${entries.map(([name, value, link]) =>
    value === undefined
      ? undefined
      : html`<dt>${name}</dt><dd class="id">${link === undefined ? value : html`<a href="${link}">${value}</a>`}</dd>
`,
  )}</dl>
</section>`;
}
