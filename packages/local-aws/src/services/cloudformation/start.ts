import { LocalAwsError } from '../../errors.ts';
import type { World } from '../../service.ts';
import { stackEngineOf } from './engine.ts';
import type { StackRecord } from './records.ts';

/**
 * Provisions a template from this machine's disk before the local AWS opens. The same template on the same
 * state folder finds its resources again. A different template updates the stack; a refused one leaves it
 * unchanged.
 *
 * @param folder of the template and its functions' archives
 * @throws LocalAwsError listing everything that was refused
 */
export async function startStack(
  world: World,
  name: string,
  template: { body: string; folder: string; parameters?: Record<string, string> },
): Promise<StackRecord> {
  const { stack, failures } = await stackEngineOf(world).start(name, {
    templateBody: template.body,
    folder: template.folder,
    parameters: template.parameters ?? {},
    tags: {},
    // What is started here is acknowledged by starting it.
    capabilities: ['CAPABILITY_NAMED_IAM'],
  });
  if (failures.length === 0) return stack;
  const lines = failures.map(({ logicalId, type, action, reason }) => {
    return `"${logicalId}" (${type}) could not be ${action}d: ${reason}`;
  });
  const hint = failures.find((failure) => failure.hint !== undefined)?.hint;
  throw new LocalAwsError('ProvisioningFailed', lines.join('\n'), hint === undefined ? {} : { hint });
}
