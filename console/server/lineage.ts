import { type LineageStep as FoundStep, findLineage, lineageSteps } from '#cloud/registry/lineage.ts';
import type { LineageStep } from '../contracts/models.ts';
import type { ConsoleServices } from './services.ts';

/**
 * What a domain's endpoint was made from, down to the data sets, with links to the console's pages.
 *
 * @throws NotFoundError when nothing is live, or the registry does not know it
 */
export async function lineageOf(
  { sagemaker, store: { champions }, prefix }: ConsoleServices,
  domain: string,
): Promise<LineageStep> {
  const found = await findLineage({ sagemaker, champions, prefix }, domain);
  const pages: Partial<Record<FoundStep['kind'], string>> = {
    Promotion: `/promotions/${found.model.metadata.execution}/${domain}`,
    'Training images': `/domains/${domain}/data`,
    'Test images': `/domains/${domain}/data`,
    'General model': '/models',
  };
  const linked = (step: FoundStep): LineageStep => {
    const href = pages[step.kind];
    return { ...step, ...(href === undefined ? {} : { href }), from: step.from.map(linked) };
  };
  return linked(lineageSteps(found));
}
