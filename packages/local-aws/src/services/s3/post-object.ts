import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FormAnswer, FormRequest } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { roleOf, secretOf } from '../sts/seam.ts';
import type { S3Context } from './context.ts';
import { entityTooLarge, invalidArgument } from './errors.ts';
import { assertPolicy, readPolicy } from './post-policy.ts';

/** A form is held in memory here, unlike an object that is put. */
const LARGEST_FORM = 128 * 1024 * 1024;

/** Fields of a form that become members of PutObject. */
const MEMBERS: Record<string, string> = {
  acl: 'ACL',
  'cache-control': 'CacheControl',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  'content-type': 'ContentType',
  'x-amz-storage-class': 'StorageClass',
  'x-amz-server-side-encryption': 'ServerSideEncryption',
};

/**
 * POST Object: a browser's form that carries a signed policy ("Browser-based uploads using POST"). The
 * signature is verified where the credentials are of this local AWS; any other key pair is the account's own.
 */
export async function postObject({ world }: S3Context, request: FormRequest): Promise<FormAnswer> {
  const [, bucket = ''] = request.path.split('/');
  const { fields, file } = await readForm(request);
  const key = (fields.get('key') ?? '').replaceAll(`\${filename}`, file.name);
  if (key === '') {
    throw invalidArgument("Bucket POST must contain a field named 'key'.", 'key', '');
  }
  const token = fields.get('x-amz-security-token');
  assertSigned(fields, token === undefined ? undefined : secretOf(world, token));
  assertPolicy(
    readPolicy(fields.get('policy') ?? ''),
    { fields, bucket, size: file.size },
    world.clock.now(),
  );

  const Body = Buffer.from(await file.arrayBuffer());
  const input = { Bucket: bucket, Key: key, Body, ContentLength: Body.length, ...membersOf(fields) };
  const roleArn = roleOf(world, token)?.roleArn;
  const caller = roleArn === undefined ? {} : { roleArn };
  const { ETag = '' } = (await world.call('s3', 'PutObject', input, caller)) as { ETag?: string };
  return answerOf(fields.get('success_action_status'), {
    ...{ Location: `${world.endpoint}/${bucket}/${encodeURIComponent(key)}`, Bucket: bucket },
    ...{ Key: key, ETag },
  });
}

async function readForm({ contentType, body }: FormRequest) {
  const bytes: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Uint8Array).length;
    if (size > LARGEST_FORM) throw entityTooLarge(size, LARGEST_FORM);
    bytes.push(chunk as Uint8Array);
  }
  const form = await new Response(Buffer.concat(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw new ServiceError(
        'MalformedPOSTRequest',
        'The body of your POST request is not well-formed multipart/form-data.',
      );
    });
  const fields = new Map<string, string>();
  let file: File | undefined;
  for (const [name, value] of form) {
    // What comes after the file is not looked at.
    if (file !== undefined) break;
    if (name.toLowerCase() === 'file') file = typeof value === 'string' ? new File([value], '') : value;
    else if (typeof value === 'string') fields.set(name.toLowerCase(), value);
  }
  if (file !== undefined) return { fields, file };
  throw invalidArgument('POST requires exactly one file upload per request.', 'file', 0);
}

/** @param secret undefined where it is not known here */
function assertSigned(fields: ReadonlyMap<string, string>, secret: string | undefined): void {
  const names = ['policy', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'];
  const [policy, algorithm, credential, , signature] = names.map((name) => fields.get(name));
  if (policy === undefined) throw new ServiceError('AccessDenied', 'Access Denied', 403);
  const missing = names.find((name) => fields.get(name) === undefined);
  if (missing !== undefined) {
    throw invalidArgument(`Bucket POST must contain a field named '${missing}'.`, missing, '');
  }
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw invalidArgument('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"', 'x-amz-algorithm', algorithm);
  }
  if (secret === undefined) return;
  const [, day = '', region = '', service = '', end = ''] = credential!.split('/');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const signingKey = [day, region, service, end].reduce<Buffer | string>(hmac, `AWS4${secret}`);
  const expected = hmac(signingKey, policy);
  const given = Buffer.from(signature!, 'hex');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new ServiceError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  );
}

function membersOf(fields: ReadonlyMap<string, string>): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  for (const [name, value] of fields) {
    const member = MEMBERS[name];
    if (member !== undefined) members[member] = value;
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = value;
  }
  return Object.keys(metadata).length === 0 ? members : { ...members, Metadata: metadata };
}

function answerOf(wanted: string | undefined, said: Record<string, string>): FormAnswer {
  const headers = { etag: said.ETag!, location: said.Location! };
  if (wanted !== '201') return { status: wanted === '200' ? 200 : 204, headers, body: '' };
  const members = Object.entries(said).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: 201,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${members.join('')}</PostResponse>`,
  };
}

const escapeXml = (text: string) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
