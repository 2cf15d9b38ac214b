/** Something that can be killed, and is brought up again by what killing it answers. */
export interface Killable {
  kill(): Promise<() => Promise<void>>;
  /** Resolves when nothing is being brought up. */
  whenUp(): Promise<void>;
}

/** Who kills what is not up again waits until it is, so that no two ever bring it up. */
export function inTurns(kill: () => Promise<void>, bringUp: () => Promise<void>): Killable {
  let coming: Promise<void> = Promise.resolve();
  let turn: Promise<void> = Promise.resolve();
  return {
    async kill() {
      const before = turn;
      const mine = Promise.withResolvers<void>();
      turn = mine.promise;
      await before;
      await kill();
      return () => {
        coming = bringUp().finally(mine.resolve);
        return coming;
      };
    },
    whenUp: () => coming.catch(() => undefined),
  };
}
