/** Starts verifications in the folder it is given, and prints each id once it is acknowledged. */
import { defaultSettings } from '#domain/application.ts';
import { makeId, startStepOf } from '#storage/contract/fixture.ts';
import { openSqliteStorage } from '#storage/sqlite/index.ts';

const [, , folder = ''] = process.argv;
const storage = await openSqliteStorage({ folder, role: 'server' });
const applicationId = makeId('app');
const application = { id: applicationId, name: 'one', settings: defaultSettings, createdAtMs: 0 };
await storage.createApplication(application);
process.stdout.write(`${applicationId}\n`);

async function writeFor(caller: number): Promise<void> {
  for (let round = 0; ; round++) {
    const recipient = `${caller} ${round}`;
    const outcome = await storage.startVerification(startStepOf({ applicationId, recipient }));
    if (outcome.kind !== 'started') throw new Error(`A start was ${outcome.kind}.`);
    process.stdout.write(`${outcome.verification.id}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, (_, caller) => writeFor(caller)));
