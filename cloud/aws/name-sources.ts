import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const maps = new Map<string, SourceMap | undefined>();

/**
 * Names our files and lines in an error's stack, and in those of its causes, instead of places in a bundle.
 * The map beside the bundle is read when the first error comes: with `node --enable-source-maps`, every cold
 * start would read it. A file without a map keeps its places.
 */
export function nameSources(error: unknown): void {
  const done = new Set<Error>();
  // An error may be its own cause, by way of others.
  for (let each = error; each instanceof Error && !done.has(each); each = each.cause) {
    done.add(each);
    if (each.stack === undefined) continue;
    each.stack = each.stack.replace(
      /((?:file:\/\/)?\/[^\s()]+):(\d+):(\d+)/g,
      (place, file, line, column) => {
        const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
        if (entry === undefined || !('originalSource' in entry)) return place;
        const { originalSource, originalLine, originalColumn } = entry;
        return `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`;
      },
    );
  }
}

/** @param file URL of a module, or path of a script */
function mapOf(file: string): SourceMap | undefined {
  if (maps.has(file)) return maps.get(file);
  let map: SourceMap | undefined;
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')));
  } catch {
    // The stack is only less readable.
  }
  maps.set(file, map);
  return map;
}
