import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { LocalAwsError } from '../../errors.ts';
import { ServiceError, type World } from '../../service.ts';

/** What CloudFormation takes with a request, and from S3. */
const LARGEST_BODY = 51_200;
const LARGEST_OBJECT = 1_000_000;

interface Given {
  TemplateBody?: string | undefined;
  TemplateURL?: string | undefined;
  UsePreviousTemplate?: boolean | undefined;
}

/**
 * The template's text: with the request, from the local S3, or the stack's own.
 *
 * @throws ServiceError `ValidationError`
 */
export async function templateText(world: World, given: Given, previous?: string): Promise<string> {
  const { TemplateBody: body, TemplateURL: url, UsePreviousTemplate: usePrevious } = given;
  if ([body !== undefined, url !== undefined, usePrevious === true].filter(Boolean).length !== 1) {
    throw invalid('Either Template URL or Template Body must be specified.');
  }
  if (usePrevious === true) {
    if (previous === undefined) throw invalid('There is no previous template to use.');
    return previous;
  }
  if (url !== undefined) return fromS3(world, url);
  if (Buffer.byteLength(body!) > LARGEST_BODY) {
    throw invalid(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${LARGEST_BODY}`,
    );
  }
  return body!;
}

/** Runs a check of a template; what it refuses is the client's error. */
export function validated<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof LocalAwsError) throw invalid(error.message);
    throw error;
  }
}

/** S3's addresses in path and virtual-host style, with and without region, and this local AWS's own. */
function place(world: World, url: string): { Bucket: string; Key: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname, origin } = new URL(url);
  const path = decodeURIComponent(pathname.slice(1));
  const slash = path.indexOf('/');
  const inPath = { Bucket: path.slice(0, slash), Key: path.slice(slash + 1) };
  if (origin === world.endpoint) return inPath;
  const s3 = /^(?:(.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com$/.exec(hostname);
  if (s3 === null) return undefined;
  return s3[1] === undefined ? inPath : { Bucket: s3[1], Key: path };
}

async function fromS3(world: World, url: string): Promise<string> {
  const object = place(world, url);
  if (object === undefined) throw invalid('TemplateURL must be a supported URL.');
  try {
    const { Body, ContentLength = 0 } = (await world.call('s3', 'GetObject', object)) as {
      Body: Readable;
      ContentLength?: number;
    };
    if (ContentLength > LARGEST_OBJECT) {
      Body.destroy();
      throw invalid(`Template may not exceed ${LARGEST_OBJECT} bytes in size.`);
    }
    return await text(Body);
  } catch (error) {
    const { code, message } = error as ServiceError;
    if (code === 'ValidationError') throw error;
    throw invalid(`S3 error: ${message} (${code})`);
  }
}

const invalid = (message: string) => new ServiceError('ValidationError', message);
