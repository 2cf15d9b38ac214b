import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Template } from '#domain/template.ts';
import { type OpenedService, openService, refusalOf, take } from '#service/service.fixture.ts';
import { createTemplateLibrary } from '#service/template-library.ts';

const approved: Template = {
  name: 'login',
  state: 'approved',
  purposes: [],
  variants: [
    {
      channel: 'sms',
      language: 'en',
      prefix: null,
      subject: null,
      text: 'Shop code {{code}}',
      html: null,
    },
  ],
};
const draft: Template = { ...approved, state: 'draft' };

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

/** An application with these templates and no default. */
async function open(...templates: Template[]) {
  const { service } = opened;
  const caller = await opened.newCaller();
  const { id } = caller.application;
  for (const template of templates) take(await service.saveTemplate(id, template));
  return {
    id,
    setDefault: (template: string | null) => service.changeSettings(id, { template }),
    save: (template: Template) => service.saveTemplate(id, template),
    remove: (name: string) => service.deleteTemplate(id, name),
    async start() {
      const application = take(await service.readApplication(id));
      return service.startVerification(
        { ...caller, application },
        { recipient: '+14155550123' },
        null,
      );
    },
  };
}

test('the default template is not deleted while it is the default', async () => {
  const shop = await open(approved);
  take(await shop.setDefault('login'));
  const refusal = refusalOf(await shop.remove('login'));
  assert.equal(refusal.code, 'template_in_use');
  take(await shop.start());
  take(await shop.setDefault(null));
  take(await shop.remove('login'));
});

test('the default template does not become a draft, and may change otherwise', async () => {
  const shop = await open(approved);
  take(await shop.setDefault('login'));
  const refusal = refusalOf(await shop.save(draft));
  assert.deepEqual([refusal.code, refusal.pointer], ['template_in_use', '/state']);
  take(await shop.save({ ...approved, purposes: ['verification'] }));
  take(await shop.save({ ...draft, name: 'other' }));
  take(await shop.start());
});

test('a draft does not become the default until it is approved', async () => {
  const shop = await open(draft);
  const refusal = refusalOf(await shop.setDefault('login'));
  assert.deepEqual([refusal.code, refusal.pointer], ['template_invalid', '/template']);
  take(await shop.start());
  take(await shop.save(approved));
  take(await shop.setDefault('login'));
});

const rivals = [
  ['deleted', (shop: Awaited<ReturnType<typeof open>>) => shop.remove('login')],
  ['made a draft', (shop: Awaited<ReturnType<typeof open>>) => shop.save(draft)],
] as const;

for (const [name, rival] of rivals) {
  test(`a template ${name} and made the default at once is one of both`, async () => {
    const shop = await open(approved);
    const [first, second] = await Promise.all([shop.setDefault('login'), rival(shop)]);
    assert.deepEqual([first.ok, second.ok], [true, false]);
    const other = await open(approved);
    const [third, fourth] = await Promise.all([rival(other), other.setDefault('login')]);
    assert.deepEqual([third.ok, fourth.ok], [true, false]);
  });
}

test('a text is never taken for another one with a subject', () => {
  const { inline } = createTemplateLibrary(opened.storage);
  const mail = { text: 'Code {{code}}', subject: 'Login', html: null };
  take(inline(mail, 'once'));
  const name = JSON.stringify(['once', mail.text, mail.subject, mail.html]);
  for (const text of [name, ['once', mail.text, mail.subject, ''].join('\0')]) {
    assert.notEqual(inline({ text, subject: null, html: null }, 'once'), inline(mail, 'once'));
  }
});
