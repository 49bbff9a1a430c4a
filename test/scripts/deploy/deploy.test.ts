import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalAws } from 'local-aws';
import { createCloudFormation, createSts } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';

const { publicKey } = generateSigningKeys();
const folder = mkdtempSync(join(tmpdir(), 'graft-deploy-'));
let local: LocalAws;

beforeAll(async () => {
  local = await startLocal({ services: [createSts, createCloudFormation] });
});

afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A settings file; the account of the local AWS is 000000000000. */
function settings(name: string, more = ''): string {
  const path = join(folder, name);
  writeFileSync(path, `region: eu-central-1\nsigningPublicKeys: [${publicKey}]\n${more}`);
  return path;
}

/** A folder with a `docker` that answers like this, and nothing else. */
function dockerThat(name: string, script: string): string {
  const bin = mkdtempSync(join(folder, name));
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'docker'), 0o755);
  return bin;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** As a person runs it, with credentials for the local AWS unless told otherwise. */
async function deploy(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/deploy.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      HOME: folder,
      PATH: folder,
      AWS_ENDPOINT_URL: local.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
    },
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (printed.stdout += chunk));
  child.stderr.on('data', (chunk) => (printed.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...printed };
}

describe('npm run deploy', () => {
  test('prints settings and every step in a dry run, without credentials and without Docker', async () => {
    const file = settings('dry.yml');
    const { code, stdout } = await deploy(['--stage', 'dev', '--settings', file, '--dry-run'], {
      PATH: process.env.PATH,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
    });

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Account {2}not known \(no credentials\)\nRegion {3}eu-central-1\nStage {4}dev/);
    expect(stdout).toContain(publicKey);
    expect(stdout).toContain(`AWS_REGION is us-east-1 here. ${file} says eu-central-1, which is used.`);
    for (const step of [
      `npm run package -- --stage dev --settings ${file}`,
      'docker buildx build --platform linux/amd64 --output type=registry,oci-mediatypes=false --provenance=false --sbom=false',
      'serverless deploy --stage dev --region eu-central-1 --package .serverless --conceal',
    ]) {
      expect(stdout).toContain(step);
    }
  });

  test('says which account before it ends for want of an engine, and has packaged nothing', async () => {
    const { code, stdout, stderr } = await deploy(['--stage', 'dev', '--settings', settings('dev.yml')], {
      PATH: dockerThat('down', 'echo "Cannot connect to the Docker daemon" >&2; exit 1'),
    });

    expect(code).toBe(1);
    expect(stdout).toContain('Account  000000000000 (arn:aws:iam::000000000000:root)');
    expect(stdout).not.toContain('Package the stack');
    expect(stderr).toContain("Docker's engine does not answer: Cannot connect to the Docker daemon");
  });

  test.each([
    ['docker', () => join(folder, 'nothing'), 'docker is not installed, or not in PATH'],
    [
      'buildx',
      () => dockerThat('old', '[ "$1" = version ] && exit 0; echo "unknown command: buildx" >&2; exit 1'),
      'Docker has no buildx: unknown command: buildx',
    ],
  ])('says that %s is missing', async (_, path, message) => {
    const { code, stderr } = await deploy(['--stage', 'dev', '--settings', settings('dev.yml')], {
      PATH: path(),
    });

    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('refuses credentials of another account than the stage’s', async () => {
    const file = settings('prod.yml', 'account: "123456789012"');
    const { code, stdout, stderr } = await deploy(['--stage', 'prod', '--settings', file]);

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'Stage prod belongs to account 123456789012; these credentials are arn:aws:iam::000000000000:root',
    );
  });

  test('refuses a stage’s name with one sentence and one hint', async () => {
    const { code, stderr } = await deploy(['--stage', 'my-stage']);

    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([
      '"my-stage" is no name for a stage: a lower-case letter, then up to 15 letters and digits',
      'hint: For instance: npm run deploy -- --stage dev',
    ]);
  });
});
