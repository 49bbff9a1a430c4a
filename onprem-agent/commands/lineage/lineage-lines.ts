import type { LineageStep } from '#cloud/registry/lineage.ts';

const GAP = '   ';

/** The chain, each link indented below what was made from it, with a line for each further detail. */
export function lineageLines(first: LineageStep): string[] {
  const rows = rowsOf(first, '', '');
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, right }) => `${left.padEnd(width)}${GAP}${right}`);
}

interface Row {
  left: string;
  right: string;
}

function rowsOf({ kind, name, details, from }: LineageStep, lead: string, indent: string): Row[] {
  const [first, ...others] = details;
  return [
    { left: `${lead}${kind.toLowerCase()}`, right: first === undefined ? name : `${name}${GAP}${first}` },
    ...others.map((right) => ({ left: indent, right })),
    ...from.flatMap((step, at) => {
      const isLast = at === from.length - 1;
      return rowsOf(step, `${indent}${isLast ? '└' : '├'} `, `${indent}${isLast ? ' ' : '│'} `);
    }),
  ];
}
