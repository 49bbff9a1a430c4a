import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';

/** The document that the topics are sections of, so that nothing is written twice. */
export const TOPICS_FILE = 'docs/agent.md';

/** Topics of `graft help`, and the heading of each in the document. */
export const topics: Record<string, { heading: string; about: string }> = {
  'getting-started': { heading: 'The on-prem agent: `graft`', about: 'The first five commands' },
  configuration: { heading: 'Settings', about: 'graft.yml, variables and flags, and which one counts' },
  'exit-codes': { heading: 'Exit codes', about: 'What the exit code of a command says' },
  json: { heading: '`--json`', about: 'The lines that --json writes' },
  keys: { heading: 'Signing keys', about: 'Passphrases, ids, replacing and revoking keys' },
  importing: { heading: 'Importing a network', about: 'Networks of PyTorch, Keras and others' },
  backends: { heading: 'Faster training', about: 'TensorFlow, GPUs, and what installing it needs' },
  permissions: {
    heading: 'Deployment, region, credentials',
    about: 'What each command may have to do in AWS',
  },
  domains: { heading: "A domain's folder", about: 'Images and settings of a domain' },
  installing: { heading: 'Installing, updating, going back', about: 'graft without its repository' },
  checks: { heading: '`graft doctor`', about: 'What is checked, and how' },
};

/** The text of a topic, for a terminal; undefined where there is none. */
export async function topicText(name: string): Promise<string | undefined> {
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
  if (topic === undefined) return undefined;
  const document = await readFile(join(packageRoot(), TOPICS_FILE), 'utf8');
  return forTerminal(sectionOf(document, topic.heading));
}

/** A section of a document, up to the next heading of the second rank. */
function sectionOf(document: string, heading: string): string {
  const lines = document.split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start === -1) throw new Error(`${TOPICS_FILE} has no heading "${heading}"`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  return lines.slice(start, end === -1 ? undefined : end).join('\n');
}

/** Markdown as text: headings in capitals, code indented, links without targets, tables as they are. */
function forTerminal(markdown: string): string {
  let inCode = false;
  const lines = markdown.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      inCode = !inCode;
      return [];
    }
    if (inCode) return [`  ${line}`.trimEnd()];
    const text = line.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*\*|(?<=^| )_|_(?=$|[ .,;:])/g, '');
    if (/^\|[\s|:-]+\|$/.test(text)) return [];
    return [text.startsWith('#') ? text.replace(/^#+ /, '').replaceAll('`', '').toUpperCase() : text];
  });
  return `${lines.join('\n').trim()}\n`;
}
