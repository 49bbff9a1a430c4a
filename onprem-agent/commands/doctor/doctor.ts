import { dirname } from 'node:path';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { EXIT_CODES } from '../../cli/errors.ts';
import { configurationFolder } from '../../model-folder/signing-key.ts';
import { stateFolder } from '../../state-folder.ts';
import { checkAws } from './check-aws.ts';
import { checkDisks } from './check-disks.ts';
import { checkKeys } from './check-keys.ts';
import { checkMachine } from './check-machine.ts';
import { checkSpool } from './check-spool.ts';
import { type Finding, Findings } from './finding.ts';

export const doctor = agentCommand({
  args: {
    out: {
      type: 'string',
      valueHint: 'DIR',
      default: '.',
      description: 'Where models are going to be written',
    },
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Private key (Default: ~/.config/graft/signing-key.pem)',
    },
    domain: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Domain whose images you push, for its permissions',
    },
    bucket: { type: 'string', valueHint: 'NAME', description: 'Models bucket, instead of asking the stack' },
    offline: { type: 'boolean', description: 'Ask AWS nothing' },
    speed: { type: 'boolean', description: 'Also measure the way to S3, with half a megabyte' },
    ...stackArgs,
    ...awsArgs,
  },
  examples: ['graft doctor', 'graft doctor --offline', 'graft doctor --stack graft-prod --speed --json'],
  async run({ args, io, output }) {
    const { environment, signal } = io;
    const findings = new Findings((finding) => {
      const { status, ...fields } = finding;
      output.note('finding', { status, ...fields }, lineOf(finding));
    });
    await checkMachine(findings);
    const configuration = configurationFolder(environment);
    await checkDisks(
      { models: args.out, state: stateFolder(environment), configuration: dirname(configuration) },
      findings,
    );
    const asked = {
      stack: args.stack,
      bucket: args.bucket,
      domain: args.domain,
      speed: args.speed === true,
      region: args.region,
      endpointUrl: args['endpoint-url'],
      environment,
      signal,
    };
    const trust = args.offline ? undefined : await checkAws(asked, findings);
    if (args.offline) findings.of('aws', 'all')('skipped', '--offline');
    await checkKeys({ key: args.key, environment }, trust, findings);
    await checkSpool(environment, new Date(), findings);

    const errors = findings.count('error');
    const warnings = findings.count('warning');
    output.result(
      { command: 'doctor', ok: errors === 0, errors, warnings, findings: findings.all },
      summary(errors, warnings),
    );
    return errors === 0 ? EXIT_CODES.ok : EXIT_CODES.failed;
  },
});

function summary(errors: number, warnings: number): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  if (errors > 0)
    return `${count(errors, 'error')}, ${count(warnings, 'warning')}: a training or an upload would fail`;
  return warnings > 0
    ? `${count(warnings, 'warning')}, nothing that stops a training or an upload`
    : 'All is well';
}

const MARKS = { ok: 'ok', warning: 'WARNING', error: 'ERROR', skipped: 'skipped' } as const;

function lineOf({ section, check, status, message, remedy }: Finding): string {
  const line = `${MARKS[status].padEnd(7)}  ${`${section}: ${check}`.padEnd(22)}  ${message}`;
  return remedy === undefined ? line : `${line}\n         → ${remedy}`;
}
