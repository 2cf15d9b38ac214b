import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  decimalHandle,
  type Handle,
  readDecimalHandle,
  readUuidHandle,
  readWordHandle,
  uuidHandle,
  wordHandle,
} from '#domain/handle.ts';
import { formatId } from '#domain/id.ts';
import { ok } from '#domain/refusal.ts';
import { createHandleDirectory } from '#service/handle-directory.ts';
import { type OpenedService, openService } from '#service/service.fixture.ts';
import type { VerificationView } from '#service/views.ts';

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

function present(handle: Handle | null): Handle {
  assert.ok(handle);
  return handle;
}

test('a verification begun through one door is found by its name in every other', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const handles = [
    readDecimalHandle(decimalHandle(id)),
    readUuidHandle(uuidHandle(id)),
    readWordHandle(wordHandle(id)),
  ];
  for (const handle of handles) {
    assert.equal(await opened.service.verificationIdOf(caller, present(handle)), id);
  }
});

test('a handle finds nothing of another application, and no other random part', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const handle = present(readUuidHandle(uuidHandle(id)));
  const { random } = handle;
  const changed = { ...handle, random: { ...random, bits: random.bits ^ 1n } };
  assert.equal(await opened.service.verificationIdOf(caller, changed), null);
  assert.equal(await opened.service.verificationIdOf(await opened.newCaller(), handle), null);
});

test('what this node began is found without asking the storage', async () => {
  const caller = { ...(await opened.newCaller()), origin: 'vendor' };
  let asked = 0;
  const storage = {
    async findByHandle(...place: Parameters<typeof opened.storage.findByHandle>) {
      asked++;
      return opened.storage.findByHandle(...place);
    },
  };
  const handles = createHandleDirectory(storage, [{ name: 'vendor' }]);
  const start = handles.remembering(opened.service.startVerification);
  const started = await start(caller, { recipient: '+14155550123' }, null);
  assert.ok(started.ok);
  const { id } = started.value.view;
  const handle = present(readDecimalHandle(decimalHandle(id)));
  assert.equal(await handles.verificationIdOf(caller, handle), id);
  assert.equal(asked, 0);
  const elsewhere = createHandleDirectory(storage, []);
  for (let call = 0; call < 2; call++) {
    assert.equal(await elsewhere.verificationIdOf(caller, handle), id);
  }
  assert.equal(asked, 1);
});

test('the ten thousand begun last are remembered, and no more than twice as many', async () => {
  let asked = 0;
  const storage = {
    async findByHandle() {
      asked++;
      return [];
    },
  };
  const handles = createHandleDirectory(storage, [{ name: 'vendor' }]);
  const caller = { ...(await opened.newCaller()), origin: 'vendor' };
  const idAt = (head: number) => formatId('vf', head, new Uint8Array(26), 3);
  const { id: _, ...view } = (await opened.start(caller)) as VerificationView;
  let head = 0;
  const start = handles.remembering(async () =>
    ok({ isReplay: false, view: { ...view, id: idAt(++head) } }),
  );
  for (let nth = 0; nth < 25_000; nth++) await start(caller, { recipient: '' }, null);
  const find = (nth: number) =>
    handles.verificationIdOf(caller, present(readDecimalHandle(decimalHandle(idAt(nth)))));
  for (const nth of [15_001, 20_000, 25_000]) assert.equal(await find(nth), idAt(nth));
  assert.equal(asked, 0);
  for (const nth of [1, 5_000]) assert.equal(await find(nth), null);
  assert.equal(asked, 2);
});

test('a name that means two verifications means none of them', async () => {
  const ids = [0, 31].map((byte) => formatId('vf', 7, new Uint8Array(26).fill(byte), 3));
  const [one = '', other = ''] = ids;
  const handles = createHandleDirectory({ findByHandle: async () => ids }, []);
  const caller = await opened.newCaller();
  const find = (handle: Handle | null) => handles.verificationIdOf(caller, present(handle));
  assert.equal(await find(readDecimalHandle(decimalHandle(one))), null);
  assert.equal(await find(readWordHandle(wordHandle(one))), one);
  assert.equal(await find(readUuidHandle(uuidHandle(other))), other);
});
