import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accuracyChart } from './accuracy-chart.ts';
import type { CurveRow, Figures } from './figures.ts';
import { curveTable, domainsTable, EXPLANATION } from './tables.ts';

export interface Page {
  /** That made it. */
  command: string;
  /** General model and backend. */
  subject: string;
  domains: readonly { domain: string; figures: Figures }[];
  curves: readonly { domain: string; rows: readonly CurveRow[] }[];
}

/**
 * Writes `transfer.md` and the pictures it shows.
 *
 * @returns the files written
 */
export async function writePage(folder: string, page: Page): Promise<string[]> {
  const pictures = join(folder, 'pictures');
  await mkdir(pictures, { recursive: true });
  const written: string[] = [];
  const sections: string[] = [];
  for (const { domain, rows } of page.curves) {
    const name = `transfer-${domain}.svg`;
    await writeFile(join(pictures, name), accuracyChart(domain, rows));
    written.push(join(pictures, name));
    sections.push(
      `## ${domain}: images of each class\n\n![Accuracy over the training images of each class](pictures/${name})\n\n${curveTable(rows)}\n`,
    );
  }
  const text = `# What transfer learning gives, measured

Made by \`${page.command}\`; change it there, not here. ${EXPLANATION}.

No training saw the icon sets of the test images. What the domains are, and how they are photographed:
[examples/icons](../examples/icons/README.md). What transfer is compared with: [baseline.md](baseline.md).

${page.subject.replaceAll('\n', '  \n')}

## With the images that each domain has

${domainsTable(page.domains)}

${sections.join('\n')}`;
  const path = join(folder, 'transfer.md');
  await writeFile(path, text);
  return [path, ...written];
}
