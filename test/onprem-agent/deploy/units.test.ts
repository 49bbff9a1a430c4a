import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commands } from '../../../onprem-agent/commands/index.ts';

const folder = new URL('../../../onprem-agent/deploy/', import.meta.url).pathname;
const units = readdirSync(folder).filter((name) => /\.service$/.test(name));
const hasAnalyser = spawnSync('systemd-analyze', ['--version']).status === 0;

it.skipIf(!hasAnalyser)(
  'systemd finds nothing wrong with the units (skipped without systemd-analyze)',
  () => {
    expect(units).toEqual(['graft-watch.service']);
    const root = mkdtempSync(join(tmpdir(), 'graft-units-'));
    try {
      for (const name of units) {
        // Nobody has installed the program there.
        const text = readFileSync(join(folder, name), 'utf8').replaceAll(
          '/usr/local/bin/graft',
          process.execPath,
        );
        writeFileSync(join(root, name), text);
      }
      const paths = units.map((name) => join(root, name));
      const run = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
      const about = run.stderr.split('\n').filter((line) => line.includes(root) || line.includes('graft-'));
      expect(about).toEqual([]);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

it('the units start commands that there are', () => {
  const started = units.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^ExecStart=\/usr\/local\/bin\/graft (\w+)/gm)].map(
      ([, command]) => command!,
    ),
  );

  expect(started).toEqual(['watch']);
  for (const command of started) expect(commands).toHaveProperty(command);
});
