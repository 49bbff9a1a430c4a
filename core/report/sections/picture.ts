import { type Html, html } from '../html.ts';

/** An image inside the page, or why there is none. */
export type Thumbnail = { dataUri: string } | { missing: string };

/** A test image, or why it is not shown. */
export function picture(id: string, thumbnails: ReadonlyMap<string, Thumbnail>): Html {
  const thumbnail = thumbnails.get(id) ?? { missing: 'not read' };
  return 'dataUri' in thumbnail
    ? html`<img src="${thumbnail.dataUri}" alt="${id}">`
    : html`<span class="missing">${thumbnail.missing}</span>`;
}
