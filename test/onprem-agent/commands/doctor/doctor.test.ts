import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { LocalAws } from 'local-aws';
import { createCloudFormation, createIam, createS3, createSts } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keyIdOf } from '#core/signature.ts';
import { checkNode } from '../../../../onprem-agent/commands/doctor/check-machine.ts';
import { type Finding, Findings } from '../../../../onprem-agent/commands/doctor/finding.ts';
import { writeNewKey } from '../../../../onprem-agent/model-folder/signing-key.ts';
import { program, type Run, spawnGraft } from '../../cli.ts';
import { startProxy } from '../../proxy.ts';

const allow = (Action: string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
const role = (...Statement: object[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'sts:AssumeRole' },
      ],
    },
    Policies: [{ PolicyName: 'inline', PolicyDocument: { Version: '2012-10-17', Statement } }],
  },
});
const versioned = { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } };
const describeStacks = allow(['cloudformation:DescribeStacks'], '*');

let local: LocalAws;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let root: string;
let trusted: string;
let revoked: string;
/** What stands between the agent and AWS for one test. */
let intercept: Parameters<typeof startProxy>[1];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-doctor-'));
  trusted = await writeNewKey(join(root, 'trusted.pem'));
  revoked = await writeNewKey(join(root, 'revoked.pem'));
  await writeNewKey(join(root, 'other.pem'));
  local = await startLocal({
    services: [createS3, createCloudFormation, createIam, createSts],
    template: {
      Resources: {
        Models: versioned,
        Data: versioned,
        Agent: role(describeStacks, allow(['s3:PutObject'], 'arn:aws:s3:::*/general/*')),
        Reader: role(describeStacks, allow(['s3:GetObject', 's3:ListBucket'], '*')),
      },
      Outputs: {
        ModelsBucket: { Value: { Ref: 'Models' } },
        DataBucket: { Value: { Ref: 'Data' } },
        SigningPublicKeys: { Value: `Ed25519:${trusted}` },
        RevokedSigningKeys: { Value: `Ed25519:${revoked} 2026-11-28 gpu-3` },
        Agent: { Value: { 'Fn::GetAtt': ['Agent', 'Arn'] } },
        Reader: { Value: { 'Fn::GetAtt': ['Reader', 'Arn'] } },
      },
    },
  });
  proxy = await startProxy(local.endpoint, (...given) => intercept?.(...given) ?? false);
});
afterAll(async () => {
  await proxy.stop();
  await local.stop();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  intercept = undefined;
});

/** Credentials of a role of the template, as the SDK takes them from the environment. */
async function credentialsOf(name: 'Agent' | 'Reader'): Promise<NodeJS.ProcessEnv> {
  const { Credentials } = await local
    .client(STSClient)
    .send(new AssumeRoleCommand({ RoleArn: local.outputs[name], RoleSessionName: 'gpu-1' }));
  return {
    AWS_ACCESS_KEY_ID: Credentials!.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: Credentials!.SecretAccessKey,
    AWS_SESSION_TOKEN: Credentials!.SessionToken,
  };
}

interface Examined {
  run: Run;
  find(check: string): Finding;
}

async function examine(words: string[], environment: NodeJS.ProcessEnv = {}): Promise<Examined> {
  const run = await spawnGraft(['doctor', '--stack', 'test', '--json', ...words], {
    HOME: root,
    XDG_CONFIG_HOME: '',
    XDG_STATE_HOME: '',
    GRAFT_STATE: '',
    AWS_PROFILE: '',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: proxy.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...environment,
  }).done;
  const find = (check: string) => {
    const found = (run.last.findings as Finding[]).find((finding) => finding.check === check);
    if (found === undefined) throw new Error(`no finding "${check}" in ${run.stdout}${run.stderr}`);
    return found;
  };
  return { run, find };
}
const key = (name: string) => ['--key', join(root, name)];

describe('graft doctor', () => {
  it('finds nothing wrong where an agent may put and nothing else, and leaves nothing in the buckets', async () => {
    const { run, find } = await examine([...key('trusted.pem'), '--speed'], await credentialsOf('Agent'));

    expect(run.code).toBe(0);
    expect(run.last).toMatchObject({ event: 'result', ok: true, errors: 0 });
    expect(find('node')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining(process.versions.node),
    });
    expect(find('backend')).toMatchObject({ message: expect.stringMatching(/^\w+ \d+\.\d+/) });
    expect(find('credentials')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/assumed-role\/.*gpu-1 in account 000000000000/),
    });
    expect(find('models bucket')).toMatchObject({
      status: 'ok',
      message: `${local.outputs.ModelsBucket}, below general/: list no, put yes, delete no`,
    });
    // Pushing models needs no rights on data.
    expect(find('data bucket')).toMatchObject({
      status: 'warning',
      remedy: expect.stringMatching(/PutObject/),
    });
    expect(find('clock').status).toBe('ok');
    expect(find('speed')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/\d.* [kM]?B\/s to S3/),
    });
    expect(find('signing key').message).toContain(keyIdOf(trusted));
    expect(find('trust')).toMatchObject({
      status: 'ok',
      message: `the stack trusts key ${keyIdOf(trusted)}`,
    });
    expect(find('waiting').status).toBe('ok');
    for (const Bucket of [local.outputs.ModelsBucket, local.outputs.DataBucket]) {
      const { Versions, DeleteMarkers } = await local
        .client(S3Client)
        .send(new ListObjectVersionsCommand({ Bucket }));
      expect([Versions, DeleteMarkers]).toEqual([undefined, undefined]);
    }
  });

  it('names what would stop an upload: the right to put, an untrusted key', async () => {
    const { run, find } = await examine(key('other.pem'), await credentialsOf('Reader'));

    expect(run).toMatchObject({ code: 1, last: { ok: false, errors: 2 } });
    expect(find('models bucket')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/list yes, put no, delete no/),
      remedy: expect.stringMatching(/s3:PutObject/),
    });
    expect(find('trust')).toMatchObject({
      status: 'error',
      message: expect.stringContaining(`but ${keyIdOf(trusted)}`),
      remedy: expect.stringMatching(/signingPublicKeys/),
    });
  });

  it('warns of a right to delete, and refuses a revoked key by its name', async () => {
    const { run, find } = await examine(key('revoked.pem'));

    expect(run.code).toBe(1);
    expect(find('models bucket')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/list yes, put yes, delete yes/),
    });
    expect(find('trust')).toMatchObject({
      status: 'error',
      message: `key ${keyIdOf(revoked)} ("gpu-3") was revoked on 2026-11-28`,
    });
  });

  it('finds a clock that is wrong', async () => {
    intercept = (_seen, _request, response) => {
      response.setHeader('date', new Date(Date.now() + 11 * 60_000).toUTCString());
      const write = response.writeHead.bind(response) as (status: number, headers: object) => typeof response;
      response.writeHead = ((status: number, { date: _, ...headers }: Record<string, unknown>) =>
        write(status, headers)) as typeof response.writeHead;
      return false;
    };
    const { run, find } = await examine(key('trusted.pem'));

    expect(run.code).toBe(1);
    expect(find('clock')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/^6\d\d s behind AWS's/),
      remedy: expect.stringMatching(/timedatectl/),
    });
  });

  it('explains credentials that AWS does not know, and skips what needs them', async () => {
    intercept = (_seen, _request, response) => {
      response.writeHead(403, { 'content-type': 'text/xml' });
      response.end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>invalid</Message></Error></ErrorResponse>',
      );
      return true;
    };
    const { run, find } = await examine(key('trusted.pem'));

    expect(run.code).toBe(1);
    expect(find('credentials')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/AWS does not know these credentials/),
    });
    expect(find('clock').status).toBe('ok');
    for (const check of ['stack', 'models bucket', 'data bucket', 'trust']) {
      expect(find(check).status, check).toBe('skipped');
    }
  });

  it('names a bucket that is not there, and a stack', async () => {
    const bucket = await examine([...key('trusted.pem'), '--bucket', 'nowhere']);
    expect(bucket.run.code).toBe(1);
    expect(bucket.find('models bucket')).toMatchObject({
      status: 'error',
      message: 'there is no such bucket: nowhere',
    });

    const stack = await examine([...key('trusted.pem'), '--stack', 'elsewhere']);
    expect(stack.find('stack')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/no CloudFormation stack "elsewhere"/),
    });
    expect(stack.find('models bucket').status).toBe('skipped');
  });

  it('looks at everything else where AWS cannot be reached, or must not be asked', async () => {
    const { run, find } = await examine(key('trusted.pem'), { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    expect(run.code).toBe(1);
    expect(find('credentials')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/),
    });
    expect(find('clock')).toMatchObject({ status: 'skipped' });
    expect(find('signing key').status).toBe('ok');

    const offline = await examine([...key('trusted.pem'), '--offline'], {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
    expect(offline.run.code).toBe(0);
    expect(offline.find('all')).toMatchObject({ status: 'skipped', message: '--offline' });
  });
});

describe('graft doctor --offline', () => {
  it('reads GPUs, their memory and the libraries that are missing from the tools of the machine', async () => {
    const tools = join(root, 'tools');
    mkdirSync(tools);
    const tool = (name: string, text: string) => {
      writeFileSync(join(tools, name), `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
      chmodSync(join(tools, name), 0o755);
    };
    tool('nvidia-smi', 'NVIDIA H100, 550.54.15, 81559, 81000\nTesla K80, 470.10, 12000, 100');
    tool('ldconfig', '\tlibcuda.so.1 (libc6,x86-64) => /x/libcuda.so.1\n\tlibcudart.so.12 (libc6) => /x/y');
    const { run, find } = await examine([...key('trusted.pem'), '--offline'], {
      PATH: `${tools}:${process.env.PATH}`,
    });

    const gpus = (run.last.findings as Finding[]).filter(({ check }) => check === 'gpu');
    expect(gpus).toEqual([
      expect.objectContaining({
        status: 'ok',
        message: 'NVIDIA H100, driver 550.54.15, 81000 of 81559 MiB free',
      }),
      expect.objectContaining({ status: 'error', remedy: expect.stringMatching(/525 or later/) }),
    ]);
    expect(find('cuda')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/libcudnn\.so\.9/),
    });
    expect(find('cuda').message).not.toContain('libcudart');
    expect(find('backend').status).toBe('warning');
  });

  it('finds folders that cannot be written and what waits in the spool', async () => {
    const state = join(root, 'state');
    mkdirSync(join(state, 'spool', 'icons-1'), { recursive: true });
    const old = new Date(Date.now() - 3 * 3_600_000);
    utimesSync(join(state, 'spool', 'icons-1'), old, old);
    const file = join(root, 'file');
    writeFileSync(file, '');
    const { run, find } = await examine([...key('nowhere.pem'), '--offline', '--out', join(file, 'models')], {
      GRAFT_STATE: state,
    });

    expect(run.code).toBe(1);
    expect(find('models')).toMatchObject({ status: 'error', message: expect.stringMatching(/is no folder/) });
    expect(find('signing key')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/nowhere\.pem" cannot be read/),
    });
    expect(find('waiting')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/^1 in .*spool, the oldest for 3:00:/),
    });
  });

  const mounts = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0;
  it.skipIf(!mounts)('finds a disk that is full', () => {
    const disk = join(root, 'disk');
    mkdirSync(disk);
    const graft = `${process.execPath} ${program} doctor --offline --json --out ${disk}`;
    const run = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', `mount -t tmpfs -o size=1m none ${disk} && ${graft}`],
      { encoding: 'utf8', env: { ...process.env, HOME: root } },
    );

    const { findings } = JSON.parse(run.stdout.trim().split('\n').at(-1)!) as { findings: Finding[] };
    expect(findings.find(({ check }) => check === 'models')).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/1\.0 MB free/),
      remedy: expect.stringMatching(/Make room/),
    });
    expect(run.status).toBe(1);
  });

  it.each([
    ['20.19.0', 'ok'],
    ['20.18.9', 'error'],
    ['21.7.0', 'error'],
    ['22.12.0', 'error'],
    ['22.13.1', 'ok'],
    ['23.1.0', 'error'],
    ['24.0.0', 'ok'],
    ['25.1.0', 'ok'],
  ])('judges Node %s: %s', (version, status) => {
    const findings = new Findings(() => {});
    checkNode(version, findings);
    expect(findings.all[0]!.status).toBe(status);
  });
});
