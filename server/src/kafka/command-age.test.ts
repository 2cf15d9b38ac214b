import assert from 'node:assert/strict';
import test from 'node:test';
import { type Application, defaultSettings } from '#domain/application.ts';
import type { Caller } from '#service/service.ts';
import { inTimeOrNot } from './command-age.ts';

const application: Application = {
  ...{ id: 'app_1', name: 'Bank', createdAtMs: 0 },
  settings: defaultSettings,
};
const caller: Caller = { application, origin: 'flowx', keepsRefusals: true };
const now = Date.now();

const ages: readonly (readonly [
  name: string,
  timestampMs: number,
  secondsMax: number | null,
  isLate: boolean,
])[] = [
  ['older than it may be', now - 61_000, 60, true],
  ['as old as it may be', now - 30_000, 60, false],
  ['very old, where none is too old', 0, null, false],
  ['of 1970', 0, 60, true],
  ['of a producer whose clock is ahead', now + 3_600_000, 60, false],
  ['without a time', -1, 60, false],
];

for (const [name, timestampMs, commandAgeSecondsMax, isLate] of ages) {
  test(`a command ${name} is ${isLate ? 'too late' : 'in time'}`, () => {
    const record = {
      ...{ topic: 'in', partition: 0, offset: 0n, key: null, value: null, headers: [] },
      timestamp: BigInt(timestampMs),
    };
    const asking = inTimeOrNot(caller, record, { commandAgeSecondsMax });
    assert.equal(asking.tooLate !== undefined, isLate);
    if (isLate) assert.match(asking.tooLate?.detail ?? '', /older than 60 seconds/);
    else assert.equal(asking, caller);
  });
}
