/**
 * Part of a report, made of escaped text by `core/report/html.ts`. The page's policy would run nothing in
 * it.
 */
export function Markup({ markup }: { markup: string }) {
  return <div class="report" dangerouslySetInnerHTML={{ __html: markup }} />;
}
