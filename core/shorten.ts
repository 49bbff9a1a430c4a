/**
 * Cuts text to at most `limit` characters. It ends behind a whole word with "…"; only a single word that is
 * longer than half of the limit is cut itself.
 */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = text.slice(0, limit - 1);
  // A surrogate pair is one character.
  const whole = /[\uD800-\uDBFF]$/.test(room) ? room.slice(0, -1) : room;
  const atWord = /\s/.test(text[whole.length] ?? '') ? whole : whole.replace(/\s+\S*$/, '');
  return `${(atWord.length < limit / 2 ? whole : atWord).trimEnd()}…`;
}
