import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { generateSigningKeys, publicKeyOf } from '#core/signature.ts';
import { repository } from '../../scripts/fingerprint.ts';
import { packageStack } from '../../scripts/package-stack.ts';
import { buildAgent } from './built-agent.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The packaged CloudFormation template; the functions' archives lie beside it. */
    template: string;
    /** Private key (PEM file) whose signatures the packaged stack trusts. */
    signingKey: string;
  }
}

/**
 * Packages the stack and the agent once for all test files, as a user would: no credentials, and nothing done
 * when nothing has changed.
 */
export default async function setup(project: TestProject): Promise<void> {
  await build(project);
  project.onTestsRerun(() => build(project));
}

async function build(project: TestProject): Promise<void> {
  const signingKey = join(repository, '.build', 'test-signing-key.pem');
  let pem = await readFile(signingKey, 'utf8').catch(() => undefined);
  if (pem === undefined) {
    pem = generateSigningKeys().privateKey;
    await mkdir(dirname(signingKey), { recursive: true });
    await writeFile(signingKey, pem, { mode: 0o600 });
  }
  const { template } = await packageStack({
    stage: 'dev',
    region: 'eu-central-1',
    environment: { GRAFT_SIGNING_PUBLIC_KEYS: publicKeyOf(pem) },
    out: '.build/test-stack',
  });
  await buildAgent(join(repository, '.build', 'test-agent'));
  project.provide('template', template);
  project.provide('signingKey', signingKey);
}
