import { join } from 'node:path';
import { NotFoundError } from '#core/errors.ts';
import { agentCommand } from '../../cli/command.ts';
import { cancelEntry, listEntries, readEntry } from '../../spool/entry.ts';
import { isLock, takeLock } from '../../spool/lock.ts';
import { removeEntry } from '../../spool/remove-entry.ts';
import { spoolFolder } from '../../state-folder.ts';
import { abortUploads } from '../../upload/abort-uploads.ts';

export const cancel = agentCommand({
  args: {
    entry: { type: 'positional', required: true, description: 'Its name in `graft status`' },
  },
  examples: ['graft status', 'graft cancel icons-20261123T154200Z-3f2a9c-0a1b2c'],
  async run({ args, io, output }) {
    const spool = spoolFolder(io.environment);
    const isName = /^[a-z0-9][A-Za-z0-9-]*$/.test(args.entry);
    const entry = isName ? await readEntry(join(spool, args.entry)) : undefined;
    if (entry === undefined) throw await noSuchEntry(spool, args.entry);
    const { id } = entry.record;
    const lock = await takeLock(entry.folder);
    if (lock !== undefined && !isLock(lock)) {
      await cancelEntry(entry.folder);
      const text = `${id} is being uploaded by process ${lock.pid}, which is told to stop; what has arrived is dropped`;
      output.result({ command: 'cancel', id, process: lock.pid }, text);
      return;
    }
    const dropped = await abortUploads(entry, io.environment);
    await removeEntry(entry.folder);
    output.result(
      { command: 'cancel', id, dropped },
      `${id} is out of the spool${dropped > 0 ? ', and its parts out of the bucket' : ''}. The model’s own folder stays.`,
    );
  },
});

async function noSuchEntry(spool: string, asked: string): Promise<NotFoundError> {
  const { entries } = await listEntries(spool);
  const ids = entries.map(({ record }) => record.id);
  return new NotFoundError(`There is no "${asked}" in the spool`, {
    hint: ids.length === 0 ? 'Nothing waits there.' : `What waits there: ${ids.join(', ')}`,
  });
}
