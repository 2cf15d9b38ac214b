import { type Storage, StorageUnavailable } from '#service/ports.ts';

/** Stands around a storage that cannot be reached any more once it is lost. */
export interface Losable {
  around(storage: Storage): Storage;
  lose(): void;
}

export function losableStorage(): Losable {
  let isLost = false;
  const reach = () => {
    if (isLost) throw new StorageUnavailable('away');
  };
  return {
    around: (storage) => ({
      ...storage,
      async startVerification(step) {
        reach();
        return storage.startVerification(step);
      },
      async findByHandle(...asked) {
        reach();
        return storage.findByHandle(...asked);
      },
    }),
    lose() {
      isLost = true;
    },
  };
}
