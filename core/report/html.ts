/** Markup that is safe to insert into a page. Only `html` makes it, so nothing is inserted unescaped. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Part = Html | string | number | undefined | readonly Part[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * Template of markup. Texts and numbers in it are escaped, other templates and lists of them are inserted as
 * they are, and `undefined` becomes nothing.
 *
 * @example
 * html`<li title="${label}">${label}</li>`.markup
 */
export function html(literals: TemplateStringsArray, ...parts: Part[]): Html {
  let markup = literals[0]!;
  parts.forEach((part, index) => {
    markup += markupOf(part) + literals[index + 1]!;
  });
  return new Html(markup);
}

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(markupOf).join('');
}
