import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';

/**
 * What every provider promises, whatever carries its messages. A provider's own test brings a stage
 * for each scene: a real peer on this machine that takes, refuses or keeps silent.
 */
export type Scene = 'takes' | 'refuses' | 'silent' | 'nobody-there';

export interface Stage {
  readonly provider: Provider;
  /** A message that this scene is played with. */
  readonly message: OutboundMessage;
  /** Everything configured that nobody may read. */
  readonly secrets: readonly string[];
  /** Fulfilled when the silent peer has been asked; the test's time is up then. */
  readonly asked?: Promise<unknown>;
  end(): Promise<void>;
}

export function describeProvider(kind: string, setStage: (scene: Scene) => Promise<Stage>): void {
  const play: Play = async (scene, act) => {
    const stage = await setStage(scene);
    try {
      await act(stage);
    } finally {
      await stage.provider.close().finally(stage.end);
    }
  };
  describe(`the provider contract, ${kind}`, () => {
    describeOutcomes(play);
    describeDiscretion(play);
    describeTheRest(play);
  });
}

type Play = (scene: Scene, act: (stage: Stage) => Promise<void>) => Promise<void>;

const inTime = (): AbortSignal => AbortSignal.timeout(10_000);

function describeOutcomes(play: Play): void {
  test('a message that is taken is accepted', () =>
    play('takes', async ({ provider, message }) => {
      const outcome = await provider.send(message, inTime());
      assert.equal(outcome.kind, 'accepted', describeOutcome(outcome));
    }));

  test('a message that is refused is refused, with a reason that gives nothing away', () =>
    play('refuses', async (stage) => {
      const outcome = await stage.provider.send(stage.message, inTime());
      assert.equal(outcome.kind, 'refused', describeOutcome(outcome));
      assertPublic(outcome, stage);
    }));

  test('a message whose fate cannot be known when time is up is unknown', () =>
    play('silent', async (stage) => {
      const clock = new AbortController();
      const sending = stage.provider.send(stage.message, clock.signal);
      await stage.asked;
      clock.abort();
      const outcome = await sending;
      assert.equal(outcome.kind, 'unknown', describeOutcome(outcome));
      assertPublic(outcome, stage);
    }));

  test('a message that nobody took is unavailable, so that it may be sent again', () =>
    play('nobody-there', async (stage) => {
      const outcome = await stage.provider.send(stage.message, inTime());
      assert.equal(outcome.kind, 'unavailable', describeOutcome(outcome));
      assertPublic(outcome, stage);
    }));

  test('time that is up before the start never makes the provider throw', () =>
    play('takes', async ({ provider, message }) => {
      const outcome = await provider.send(message, AbortSignal.abort());
      assert.ok(['unavailable', 'unknown', 'accepted'].includes(outcome.kind));
    }));
}

function describeDiscretion(play: Play): void {
  test('no content makes the provider throw or leak', () =>
    play('refuses', async (stage) => {
      await fc.assert(
        fc.asyncProperty(hostileContent(), async (content) => {
          const message = { ...stage.message, ...content };
          const outcome = await stage.provider.send(message, inTime());
          assertPublic(outcome, { ...stage, message });
        }),
        { numRuns: 25 },
      );
    }));

  for (const scene of ['takes', 'refuses', 'nobody-there'] as const) {
    test(`a test of the connection shows what went over and hides secrets: ${scene}`, () =>
      play(scene, async (stage) => {
        const transcript = await stage.provider.test(stage.message, inTime());
        assert.notEqual(transcript.request, '');
        assert.notEqual(transcript.response, '');
        assertHidden(transcript.request, stage);
        assertHidden(transcript.response, stage);
        assert.equal(transcript.outcome.kind === 'accepted', scene === 'takes');
      }));
  }
}

function describeTheRest(play: Play): void {
  test('a channel that it does not serve is not accepted silently', () =>
    play('takes', async ({ provider, message }) => {
      const foreign = (['sms', 'email', 'zalo'] as const).find(
        (channel) => !provider.channels.includes(channel),
      );
      if (foreign === undefined) return assert.ok(provider.channels.length > 2);
      const outcome = await provider.send({ ...message, channel: foreign }, inTime());
      assert.equal(outcome.kind, 'refused');
    }));

  test('a quote is money or nothing, and grows with the parts', () =>
    play('takes', async ({ provider }) => {
      const channel = provider.channels[0];
      assert.ok(channel !== undefined);
      const one = provider.quote({ channel, country: 'US', parts: 1 });
      const three = provider.quote({ channel, country: 'US', parts: 3 });
      assert.equal(one === null, three === null);
      if (one === null || three === null) return;
      assert.match(one.amount, /^\d+(\.\d+)?$/);
      assert.match(one.currency, /^[A-Z]{3}$/);
      assert.ok(Math.abs(Number(three.amount) - 3 * Number(one.amount)) < 1e-9);
    }));

  test('it names itself, its channels and how much it does at once', () =>
    play('takes', async ({ provider }) => {
      assert.match(provider.name, /^[a-z0-9-]+$/);
      assert.ok(provider.channels.length > 0);
      assert.ok(Number.isInteger(provider.concurrencyMax) && provider.concurrencyMax > 0);
    }));

  test('closing ends, twice too, and a message afterwards is not accepted', () =>
    play('takes', async ({ provider, message }) => {
      await provider.send(message, inTime());
      await provider.close();
      await provider.close();
      const outcome = await provider.send(message, inTime());
      assert.notEqual(outcome.kind, 'accepted');
    }));
}

/** Public text has at most 200 characters in one line, and nothing of what was sent. */
function assertPublic(outcome: SendOutcome, stage: Pick<Stage, 'message' | 'secrets'>): void {
  if (outcome.kind === 'accepted') return;
  assert.ok(outcome.error.length > 0 && outcome.error.length <= 200, outcome.error);
  assert.doesNotMatch(outcome.error, /\p{Cc}/u);
  assertHidden(outcome.error, stage);
}

function assertHidden(shown: string, stage: Pick<Stage, 'message' | 'secrets'>): void {
  const { text, code, destination, html, subject } = stage.message;
  for (const value of [text, code, destination, html, subject, ...stage.secrets]) {
    // A single letter is no secret, and appears in every sentence.
    if (value === null || value.trim().length < 4) continue;
    for (const spelling of [value, encodeURIComponent(value.toWellFormed())]) {
      assert.ok(!shown.includes(spelling), `what was shown holds ${spelling}`);
    }
  }
}

function hostileContent(): fc.Arbitrary<Partial<OutboundMessage>> {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(
      '\r\n.\r\nMAIL FROM:<x@evil.example>',
      '\ud800',
      '"}{{text}}',
      '\0',
      '🎉'.repeat(50),
    ),
  );
  const name = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('A\r\nBcc: x@evil.example', '../..', 'a,b <c@d.example>', '{{secrets.apiKey}}'),
  );
  return fc.record({
    text,
    html: fc.option(text, { nil: null }),
    subject: fc.option(name, { nil: null }),
    sender: fc.option(name, { nil: null }),
    language: fc.constantFrom('en', 'zh-Hant', ''),
  });
}

function describeOutcome(outcome: SendOutcome): string {
  return outcome.kind === 'accepted' ? 'accepted' : `${outcome.kind}: ${outcome.error}`;
}

/** A message with everything in it that must not come out again. */
export function exampleMessage(more: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    deliveryId: 'dl_01jexample',
    country: 'US',
    verificationId: 'vf_01jexample',
    applicationId: 'app_01jexample',
    channel: 'sms',
    destination: '+14155550123',
    sender: 'ACME',
    subject: null,
    text: 'Your secret code is 739105, keep it',
    html: null,
    parts: 1,
    language: 'en',
    code: '739105',
    isPossibleDuplicate: false,
    ...more,
  };
}
