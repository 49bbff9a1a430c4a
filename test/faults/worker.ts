import { Player } from './player.ts';

/** Plays the runs whose seeds the parent sends, one at a time, and answers with how each went. */
const player = new Player();
let work = Promise.resolve();
process.on('message', (seed: number) => {
  work = work.then(async () => {
    try {
      process.send?.({ seed, result: await player.play(seed) });
    } catch (error) {
      process.send?.({ seed, error: (error as Error).stack });
    }
  });
});
process.on('disconnect', () => {
  void work.finally(() => {
    player.close();
    process.exit(0);
  });
});
