import type { DeployedStack } from '../start.ts';

/** What a user reads when the local AWS is ready. */
export function banner(
  stack: DeployedStack | undefined,
  settings: { endpoint: string; region: string; apiKey: string; log: string },
): string {
  const { endpoint, region } = settings;
  const credentials = `AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=${region}`;
  const lines = [
    `Local AWS on ${endpoint}`,
    '',
    ...(stack === undefined ? [] : described(stack, settings.apiKey)),
    `Try:  ${credentials} \\`,
    `      AWS_ENDPOINT_URL=${endpoint} aws cloudformation describe-stacks`,
    `Log:  ${settings.log}`,
    'Stop: Ctrl-C',
  ];
  return lines.join('\n');
}

function described(stack: DeployedStack, apiKey: string): string[] {
  return [
    `Stack ${stack.name}: ${stack.resources.length} resources`,
    ...counted(stack),
    '',
    ...Object.entries(stack.outputs).map(([key, value]) => `  ${key.padEnd(longest(stack))}  ${value}`),
    ...(apiKey === '' ? [] : [`  ${'API key'.padEnd(longest(stack))}  ${apiKey}`]),
    '',
  ];
}

/** Resources by type. */
function counted(stack: DeployedStack): string[] {
  const counts = new Map<string, number>();
  for (const { type } of stack.resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `  ${String(count).padStart(3)} × ${type.replace('AWS::', '')}`);
}

function longest(stack: DeployedStack): number {
  return Math.max(7, ...Object.keys(stack.outputs).map((key) => key.length));
}
