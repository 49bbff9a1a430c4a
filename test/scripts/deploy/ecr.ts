import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECRClient } from '@aws-sdk/client-ecr';

/** Tag and manifest type of each image of the repository. */
export type Images = readonly (readonly [tag: string, manifestType: string | undefined])[];

export interface Registry {
  client: ECRClient;
  /** Names of the operations that were asked, in order. */
  asked: string[];
  close(): void;
}

/** ECR's DescribeImages over HTTP, for these images, two to a page. */
export async function startRegistry(images: Images): Promise<Registry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      asked.push(String(request.headers['x-amz-target']).split('.')[1]!);
      const [status, answer] = describeImages(images, JSON.parse(body));
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer));
    });
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const client = new ECRClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const close = () => {
    client.destroy();
    server.close();
  };
  return { client, asked, close };
}

function describeImages(
  images: Images,
  { imageIds, nextToken }: { imageIds?: { imageTag: string }[]; nextToken?: string },
): [number, object] {
  const wanted = images.filter(([tag]) => imageIds?.some(({ imageTag }) => imageTag === tag) ?? true);
  if (imageIds !== undefined && wanted.length === 0) return [400, { __type: 'ImageNotFoundException' }];
  const from = Number(nextToken ?? 0);
  const page = wanted.slice(from, from + 2);
  return [
    200,
    {
      imageDetails: page.map(([tag, imageManifestMediaType]) => ({
        imageTags: [tag],
        imageManifestMediaType,
      })),
      ...(from + 2 < wanted.length ? { nextToken: String(from + 2) } : {}),
    },
  ];
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
