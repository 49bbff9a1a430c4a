import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { REQUEST_TYPES } from '#core/prediction-requests.ts';
import { createRandom, type Random } from '#core/random.ts';

/** One request as bytes on the wire may be made of it. */
export interface FuzzRequest {
  /** As in the OpenAPI document; undefined for a path that the API does not have. */
  operation: string | undefined;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  /** What the client does with its body: sends it whole, in drops, less than it said, or leaves. */
  manner: 'whole' | 'drops' | 'short' | 'gone';
}

const PREDICT = 'POST /domains/{domain}/predictions';
const TYPES = REQUEST_TYPES;
const OTHER_TYPES = ['image/heic', 'image/svg+xml', 'text/plain', 'IMAGE/PNG', 'image/png; x="', ''];

/** Where those of AVIF begin among the valid images. */
const AVIF = 5;

const SIDE = 24;

/** A small valid image of each type, for changes, the last ones of AVIF; always the same ones. */
export async function validImages(): Promise<Buffer[]> {
  const random = createRandom('fuzz images');
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.below(256));
  const picture = () => sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  return Promise.all([
    picture().png().toBuffer(),
    picture().jpeg().toBuffer(),
    picture().webp().toBuffer(),
    picture().gif().toBuffer(),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    picture().avif({ effort: 0 }).toBuffer(),
    // A sequence, as its brand says.
    picture()
      .avif({ effort: 0 })
      .toBuffer()
      .then((bytes) => Buffer.concat([bytes.subarray(0, 8), Buffer.from('avis'), bytes.subarray(12)])),
  ]);
}

/** Requests without end; the same for the same stream of numbers and the same images. */
export function createRequests(random: Random, images: readonly Buffer[]): () => FuzzRequest {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)]!;
  const text = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(33 + random.below(94))).join('');

  function damaged(): Buffer {
    const bytes = Buffer.from(pick(images));
    const way = random.below(5);
    if (way === 0) return bytes.subarray(0, random.below(bytes.length));
    if (way === 1) return Buffer.concat([bytes.subarray(0, 12), Buffer.from(text(random.below(200)))]);
    if (way === 2) return Buffer.from(text(random.below(400)));
    const changes = way === 3 ? 1 + random.below(8) : 1 + random.below(bytes.length);
    for (let n = 0; n < changes; n++) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  }

  /**
   * A PNG that says more pixels than it may have, or unpacks to more than it says; a GIF that has frames
   * without end or larger ones than it says; an AVIF that says another size than its picture has.
   */
  function bomb(): Buffer {
    const side = pick([1, 16_384, 30_000, 2 ** 31 - 1]);
    const way = random.below(3);
    if (way === 0) return gif(side & 65_535, pick([1, 100_000]));
    if (way === 1) return resizedAvif(pick(images.slice(AVIF)), side);
    return png(side, pick([1, side]), deflateSync(Buffer.alloc(pick([10, 4_000_000]))));
  }

  function json(): Buffer {
    const image = pick([...images.map((each) => each.toString('base64')), text(20), '', 'data:image/png,x']);
    const deep = random.below(20_000);
    return Buffer.from(
      pick([
        () => JSON.stringify({ image }),
        () => JSON.stringify({ instances: Array.from({ length: random.below(40) }, () => ({ image })) }),
        () => JSON.stringify({ instances: pick([null, {}, [[]], [1], ['']]) }),
        () => JSON.stringify({ key: pick([text(22), 'AAAAAAAAAAAAAAAAAAAAAA', '../../access/x', 1, null]) }),
        () => `{"__proto__":{"image":"x"},"image":${JSON.stringify(image)},"constructor":1}`,
        () => `${'['.repeat(deep)}${']'.repeat(deep)}`,
        () => `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
        () => pick(['', 'null', '1e999', '{"image":', '\u0000', '"\\ud800"', '{"image":"x","image":"y"}']),
      ])(),
    );
  }

  const query = () =>
    pick([
      '',
      '',
      '',
      '?top=1',
      '?top=-1',
      '?top=1e9',
      '?threshold=NaN',
      '?threshold=0.5',
      '?x=%',
      '?top=1&top=2',
    ]);

  const tricks = (): Record<string, string> =>
    pick<() => Record<string, string>>([
      () => ({}),
      () => ({}),
      () => ({ 'x-request-id': pick([text(64), text(65), 'a b', '$(x)', '%0d%0aset-cookie: a=b']) }),
      () => ({ accept: pick(['*/*', 'image/png', 'text/html', '']) }),
      () => ({ 'content-encoding': pick(['gzip', 'br', 'x']) }),
      () => ({ 'x-api-key': text(20) }),
      () => ({ 'if-none-match': pick(['*', '"', text(100)]) }),
      () => ({ 'x-forwarded-for': text(50), 'x-amzn-trace-id': text(30) }),
      () => ({ 'x-filler': text(3_000) }),
    ])();

  function prediction(): FuzzRequest {
    const domain = pick([
      'fuzz',
      'fuzz',
      'fuzz',
      'fuzz',
      'nobody',
      'No_Name',
      '%2e%2e',
      '*',
      '%00',
      'f%C3%BC',
    ]);
    const isJson = random.below(3) === 0;
    const body = isJson ? json() : pick([damaged, damaged, bomb, () => pick(images)])();
    const type =
      random.below(6) === 0 ? pick([...OTHER_TYPES, ...TYPES]) : isJson ? 'application/json' : pick(TYPES);
    return {
      ...{ operation: PREDICT, method: 'POST', path: `/domains/${domain}/predictions${query()}`, body },
      headers: { ...(type === '' ? {} : { 'content-type': type }), ...tricks() },
      manner: random.below(12) > 0 ? 'whole' : pick(['drops', 'short', 'gone']),
    };
  }

  function other(): FuzzRequest {
    const [operation, path] = pick<[string | undefined, string]>([
      ['GET /domains', `/domains${pick(['', '?limit=1', '?limit=x', '?next=x', '?next=e30', '?a=b'])}`],
      ['GET /domains/{domain}', `/domains/${pick(['fuzz', 'nobody', '%2e%2e', '*'])}`],
      [
        'GET /domains/{domain}/history',
        `/domains/${pick(['fuzz', 'nobody'])}/history${pick(['', '?limit=0'])}`,
      ],
      [
        'GET /promotions',
        `/promotions${pick(['', '?status=RUNNING', '?status=x', '?next=eyJhZnRlciI6IngifQ'])}`,
      ],
      ['GET /promotions/{id}', `/promotions/${pick(['x', '%2e', text(90).replaceAll(/[^a-z]/gi, 'a')])}`],
      ['POST /promotions', '/promotions'],
      ['POST /domains/{domain}/rollback', `/domains/${pick(['fuzz', 'nobody', '%00'])}/rollback`],
      ['POST /uploads', '/uploads'],
      ['GET /health', '/health'],
      [undefined, pick(['/', '//', '/domains/', '/domains/fuzz/x', '/%', '/health/../domains/x/y/z'])],
    ]);
    const method = operation?.split(' ')[0] ?? pick(['GET', 'POST', 'PUT', 'DELETE']);
    const body = method === 'GET' ? Buffer.alloc(0) : json();
    const headers = {
      'content-type': pick(['application/json', 'application/json', 'text/plain']),
      ...tricks(),
    };
    return { operation, method, path, headers, body, manner: 'whole' };
  }

  return () => (random.below(4) === 0 ? other() : prediction());
}

/** A GIF of one pixel with so many frames of this side, none of which has its pixels. */
function gif(side: number, frames: number): Buffer {
  const [low, high] = [side & 255, side >> 8];
  const head = [...Buffer.from('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, low, high, low, high, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(frames * frame.length, frame), Buffer.from(';')]);
}

/** An AVIF with this side in its header. */
function resizedAvif(image: Buffer, side: number): Buffer {
  const copy = Buffer.from(image);
  const at = copy.indexOf('ispe') + 8;
  copy.writeUInt32BE(side, at);
  copy.writeUInt32BE(side, at + 4);
  return copy;
}

/** A PNG of this size in its header, with these bytes as its pixels; its checksums are not right. */
function png(width: number, height: number, data: Buffer): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, Buffer.from(type), content, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
