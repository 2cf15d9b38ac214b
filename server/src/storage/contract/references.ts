import assert from 'node:assert/strict';
import { type Bench, type DefinePromise, hashOf, limited, minuteMs } from './fixture.ts';

type Query = Parameters<Bench['storage']['findByReference']>[0];

function find(bench: Bench, changes: Partial<Query> = {}): Promise<string | null> {
  return bench.storage.findByReference({
    applicationId: bench.applicationId,
    reference: 'person-1',
    purpose: null,
    channel: null,
    origin: null,
    ...changes,
  });
}

export function testReferences(promise: DefinePromise): void {
  promise(
    'the newest verification with a reference is found, whatever became of it',
    async (bench) => {
      const reference = 'person-1';
      const first = await bench.start({ reference });
      assert.equal(await find(bench), first.verification.id);
      const second = await bench.start({ reference, recipient: '+14155550199' });
      await bench.start({ reference: 'person-2' });
      await bench.start({ recipient: '+14155550198' });
      assert.equal(await find(bench), second.verification.id);
      await bench.cancel(second.verification.id);
      await bench.advance(10 * minuteMs);
      await bench.reopen();
      assert.equal(await find(bench), second.verification.id);
      const other = await bench.createApplication();
      for (const stranger of [
        { applicationId: other },
        { applicationId: 'app_unknown' },
        { reference: 'person-3' },
        { reference: 'person-1\0' },
      ]) {
        assert.equal(await find(bench, stranger), null, JSON.stringify(stranger));
      }
    },
  );

  promise('of those with a reference the rest of the query chooses', async (bench) => {
    const reference = 'person-1';
    const ids = new Map<string, string>();
    for (const [index, [purpose, channel, origin]] of kinds.entries()) {
      const { verification } = await bench.start({
        ...{ reference, purpose, channel, origin },
        recipient: `+1415555010${index}`,
      });
      ids.set(`${purpose} ${channel} ${origin}`, verification.id);
    }
    for (const [query, kind] of [
      [{}, 'login email flowx'],
      [{ purpose: 'payment' }, 'payment sms flowx'],
      [{ channel: 'sms' }, 'payment sms flowx'],
      [{ origin: 'api' }, 'login sms api'],
      [{ purpose: 'login', channel: 'sms', origin: 'flowx' }, 'login sms flowx'],
      [{ purpose: 'payment', channel: 'email' }, null],
    ] as const) {
      const expected = kind === null ? null : ids.get(kind);
      assert.equal(await find(bench, query), expected, JSON.stringify(query));
    }
  });

  promise('a refused start and a plain message are passed over', async (bench) => {
    const reference = 'person-1';
    const ledgers = [limited('+14155550123', 1, 3_600)];
    const { verification } = await bench.start({ reference, ledgers });
    assert.equal((await bench.tryStart({ reference, ledgers })).kind, 'refused');
    await bench.start({
      ...{ reference, codeVersion: 0, purpose: 'message', sealedCode: 'sealed text' },
      ledgers: [{ key: hashOf('+14155550123'), count: 1, limits: [] }],
    });
    assert.equal(await find(bench), verification.id);
  });

  promise('one of many hundred references is found at once and later', async (bench) => {
    const reference = 'person-1';
    const { verification } = await bench.start({ reference });
    for (let index = 0; index < 500; index++) {
      await bench.start({ reference: `other-${index}`, recipient: `+1415556${1000 + index}` });
    }
    assert.equal(await find(bench), verification.id);
    assert.equal(await find(bench, { reference: 'other-700' }), null);
  });
}

const kinds = [
  ['login', 'sms', 'api'],
  ['login', 'sms', 'flowx'],
  ['payment', 'sms', 'flowx'],
  ['login', 'email', 'flowx'],
] as const;
