import { agentCommand } from '../../cli/command.ts';
import { stateFolder } from '../../state-folder.ts';
import { minutesOfDay, parseBandwidth, rateAt } from '../../upload/bandwidth.ts';
import { readBandwidth, writeBandwidth } from '../../upload/bandwidth-file.ts';

export const bandwidth = agentCommand({
  args: {
    limit: {
      type: 'positional',
      required: false,
      description: 'Bytes a second: 10M; by time of day: 08:00-18:00=10M,unlimited; off; unlimited',
    },
  },
  examples: [
    'graft bandwidth',
    'graft bandwidth 10M',
    'graft bandwidth 08:00-18:00=10M,unlimited',
    'graft bandwidth 07:00-19:00=off,unlimited',
  ],
  async run({ args, io, output }) {
    const state = stateFolder(io.environment);
    const limit = args.limit === undefined ? readBandwidth(state) : parseBandwidth(args.limit, 'The limit');
    if (args.limit !== undefined) await writeBandwidth(state, limit);
    const rate = rateAt(limit, minutesOfDay(new Date()));
    const now = Number.isFinite(rate) ? rate : undefined;
    output.result(
      { command: 'bandwidth', limit: limit.text, ...(now === undefined ? {} : { bytesPerSecond: now }) },
      args.limit === undefined ? limit.text : `${limit.text}: uploads under way follow within seconds`,
    );
  },
});
