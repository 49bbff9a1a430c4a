import { build } from 'esbuild';
import { sectionStyles } from '#core/report/styles.ts';
import { repository } from './fingerprint.ts';
import { packagesIn } from './pack-agent/bundle.ts';

/** A file of the console's page, by its name: `index.html`, `page.js`, `page.css`. */
export type PageFile = { name: string; bytes: Uint8Array };

/**
 * Bundles the console's page. Its style sheet has that of the report's sections, which both show.
 *
 * @returns its files, of which nothing is written, and the folders of the packages within them
 */
export async function buildConsole(): Promise<{ files: PageFile[]; within: string[] }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    entryPoints: { page: 'console/page/main.tsx' },
    outdir: 'page',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome115', 'firefox115', 'safari16.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const files = outputFiles.map(({ path, contents }) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    bytes: contents,
  }));
  const style = files.find(({ name }) => name === 'page.css')!;
  const sections = `.report{${sectionStyles.markup.replaceAll('\n', '')}}`;
  style.bytes = Buffer.concat([style.bytes, Buffer.from(sections)]);
  const page = { name: 'index.html', bytes: Buffer.from(DOCUMENT) };
  return { files: [page, ...files], within: packagesIn(metafile) };
}

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Graft</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body><div id="page"></div><noscript>The console needs JavaScript, from this machine only.</noscript></body>
</html>
`;
