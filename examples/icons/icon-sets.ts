import { createRequire } from 'node:module';
import sharp from 'sharp';

/**
 * The icon packages that images are made of. No image of `test` sets is seen by any training, general or
 * produce, so accuracy on them is accuracy on drawings by unknown hands. Licences: README.md.
 */
export const ICON_SETS = {
  train: ['noto', 'noto-v1', 'fluent-emoji-flat', 'fxemoji'],
  test: ['twemoji', 'emojione'],
} as const;
export type IconSetName = (typeof ICON_SETS)[keyof typeof ICON_SETS][number];

/** Side of a rendered icon in pixels. */
export const ICON_SIZE = 64;

/** What differs from the other sets' names. */
const OTHER_NAMES: Record<string, string> = { eggplant: 'aubergine' };

type Icon = { body: string; left?: number; top?: number; width?: number; height?: number };

export interface IconSet {
  name: IconSetName;
  version: string;
  /** SPDX identifier. */
  licence: string;
  has(name: string): boolean;
  /** Icon names by category; empty for sets without. */
  categories: Record<string, string[]>;
  /** RGBA, `ICON_SIZE` squared, colours not premultiplied. */
  render(name: string): Promise<Uint8Array>;
}

/** Opens one `@iconify-json` package. Names are compared without hyphens, because one set writes none. */
export function openIconSet(name: IconSetName): IconSet {
  const require = createRequire(import.meta.url);
  const set = require(`@iconify-json/${name}/icons.json`) as {
    icons: Record<string, Icon>;
    width?: number;
    height?: number;
  };
  const info = require(`@iconify-json/${name}/info.json`) as { license: { spdx: string } };
  const { categories } = require(`@iconify-json/${name}/metadata.json`) as {
    categories?: Record<string, string[]>;
  };
  const { version } = require(`@iconify-json/${name}/package.json`) as { version: string };
  const plain = (text: string) => text.replaceAll('-', '');
  const byPlainName = new Map(Object.entries(set.icons).map(([key, icon]) => [plain(key), icon]));
  const find = (icon: string) => byPlainName.get(plain(icon)) ?? byPlainName.get(OTHER_NAMES[icon] ?? '');
  return {
    name,
    version,
    licence: info.license.spdx,
    has: (icon) => find(icon) !== undefined,
    categories: categories ?? {},
    render: async (icon) => {
      const found = find(icon);
      if (!found) throw new RangeError(`no icon "${icon}" in ${name}`);
      const width = found.width ?? set.width ?? 16;
      const height = found.height ?? set.height ?? 16;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${ICON_SIZE}" height="${ICON_SIZE}" viewBox="${found.left ?? 0} ${found.top ?? 0} ${width} ${height}">${found.body}</svg>`;
      const pixels = await sharp(Buffer.from(svg)).ensureAlpha().toColourspace('srgb').raw().toBuffer();
      return new Uint8Array(pixels);
    },
  };
}
