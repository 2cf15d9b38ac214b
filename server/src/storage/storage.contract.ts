import { describe } from 'node:test';
import { testBalances } from '#storage/contract/balances.ts';
import { testBudgets } from '#storage/contract/budgets.ts';
import { testCallbacks } from '#storage/contract/callbacks.ts';
import { testChecks } from '#storage/contract/checks.ts';
import { testClock } from '#storage/contract/clock.ts';
import { testCredentials } from '#storage/contract/credentials.ts';
import { testDeliveries } from '#storage/contract/deliveries.ts';
import { testEvents } from '#storage/contract/events.ts';
import { createPromise, type OpenStorage } from '#storage/contract/fixture.ts';
import { testGuessBudgets } from '#storage/contract/guess-budgets.ts';
import { testHandles } from '#storage/contract/handles.ts';
import { testIdempotency } from '#storage/contract/idempotency.ts';
import { testLists } from '#storage/contract/lists.ts';
import { testOwnLimits } from '#storage/contract/own-limits.ts';
import { testPlainMessages } from '#storage/contract/plain-messages.ts';
import { testPurge } from '#storage/contract/purge.ts';
import { testReferences } from '#storage/contract/references.ts';
import { testResends } from '#storage/contract/resends.ts';
import { testSandbox } from '#storage/contract/sandbox.ts';
import { testSendLimits } from '#storage/contract/send-limits.ts';
import { testSettings } from '#storage/contract/settings.ts';
import { testStarts } from '#storage/contract/starts.ts';

export type { OpenedStorage, OpenStorage } from '#storage/contract/fixture.ts';

/**
 * What every storage promises. Each test opens a storage of its own, empty and with its own clock;
 * codes, hashes and texts are fixed strings, since storage never looks into them.
 */
export function testStorage(name: string, open: OpenStorage): void {
  const promise = createPromise(open);
  describe(name, { concurrency: 4 }, () => {
    testStarts(promise);
    testSendLimits(promise);
    testOwnLimits(promise);
    testBudgets(promise);
    testBalances(promise);
    testChecks(promise);
    testGuessBudgets(promise);
    testResends(promise);
    testIdempotency(promise);
    testDeliveries(promise);
    testPlainMessages(promise);
    testCallbacks(promise);
    testLists(promise);
    testHandles(promise);
    testReferences(promise);
    testEvents(open);
    testClock(promise);
    testPurge(promise);
    testSettings(promise);
    testCredentials(promise);
    testSandbox(promise);
  });
}
