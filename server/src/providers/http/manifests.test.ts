import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { OutboundMessage, SendOutcome } from '#service/provider-port.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { builtinManifestNames, loadBuiltinManifest } from './builtin-manifests.ts';
import { readManifest, splitUrl } from './check-manifest.ts';
import { createHttpProvider } from './http-provider.ts';
import { type RecordedPeer, startRecordedPeer } from './recorded-peer.fixture.ts';

/**
 * Every manifest is proven by its recorded exchanges: the request byte for byte as the vendor's
 * page has it, and each of the vendor's answers taken for what it means. A new gateway is a file in
 * `manifests/` and a file of the same name in `exchanges/`; this test finds both.
 */
interface Recording {
  readonly manifest: string;
  readonly source: string;
  readonly exchanges: readonly Exchange[];
}

interface Exchange {
  readonly name: string;
  readonly settings: {
    readonly url?: string;
    readonly secrets?: Record<string, string>;
    readonly parameters?: Record<string, string>;
  };
  readonly message: Partial<OutboundMessage>;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly answers: readonly {
    readonly name: string;
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
    readonly text?: string;
    readonly outcome: SendOutcome;
  }[];
}

const exchangesFolder = new URL('./exchanges/', import.meta.url);
const nowMs = Date.UTC(2026, 0, 1);

let peer: RecordedPeer;
let egress: Egress;
before(async () => {
  peer = await startRecordedPeer();
  egress = createEgress({ allow: [peer.door] });
});
after(async () => {
  await egress.close();
  await peer.close();
});

function recordingOf(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`${name}.json`, exchangesFolder), 'utf8')) as Recording;
}

/** The vendor's URL, with this machine in place of the vendor. */
function localUrl(manifestUrl: string | undefined, exchange: Exchange): string {
  const parts = splitUrl(exchange.settings.url ?? manifestUrl ?? '');
  assert.ok(parts !== null, 'neither the manifest nor the exchange has a URL');
  return `${peer.origin}${parts.path}`;
}

test('every exchange file belongs to a manifest', () => {
  const files = readdirSync(exchangesFolder).map((file) => file.replace(/\.json$/, ''));
  assert.deepEqual(files.sort(), builtinManifestNames());
});

for (const name of builtinManifestNames()) {
  test(`the manifest ${name} is sound, and called as its file`, () => {
    const reading = readManifest(loadBuiltinManifest(name));
    assert.ok(reading.ok, reading.ok ? '' : reading.error.join('\n'));
    assert.equal(reading.value.name, name);
    assert.match(reading.value.url ?? 'https://', /^https:/);
  });

  const recording = recordingOf(name);
  test(`${name} has recorded a success and a refusal`, () => {
    const kinds = recording.exchanges.flatMap(({ answers }) =>
      answers.map((one) => one.outcome.kind),
    );
    assert.ok(kinds.includes('accepted') && kinds.includes('refused'), kinds.join());
    assert.equal(recording.manifest, name);
  });

  for (const exchange of recording.exchanges) {
    test(`${name}, ${exchange.name}: the request is right to the byte`, async () => {
      const { sent } = await replay(name, exchange, 0);
      const { method, target, body, headers } = exchange.request;
      assert.deepEqual(
        { method: sent?.method, target: sent?.target, body: sent?.body },
        { method, target, body },
      );
      for (const [header, value] of Object.entries(headers)) {
        assert.equal(sent?.headers[header], value, header);
      }
    });

    for (const [at, answer] of exchange.answers.entries()) {
      const title = `${answer.status} ${answer.name}`;
      test(`${name}, ${exchange.name}: ${title} is ${answer.outcome.kind}`, async () => {
        assert.deepEqual((await replay(name, exchange, at)).outcome, answer.outcome);
      });
    }
  }
}

async function replay(name: string, exchange: Exchange, at: number) {
  const answer = exchange.answers[at];
  assert.ok(answer !== undefined);
  const manifest = readManifest(loadBuiltinManifest(name));
  assert.ok(manifest.ok);
  const settings = {
    ...exchange.settings,
    name: 'replayed',
    kind: 'http' as const,
    manifest: name,
    url: localUrl(manifest.value.url, exchange),
  };
  const made = createHttpProvider(settings, { egress, environment: {}, nowMs: () => nowMs });
  assert.ok(made.ok, made.ok ? '' : made.error.join('\n'));
  peer.seen.length = 0;
  peer.answer = {
    status: answer.status,
    headers: { 'content-type': 'application/json', ...answer.headers },
    body: answer.text ?? JSON.stringify(answer.body),
  };
  const outcome = await made.value.send(messageOf(exchange), AbortSignal.timeout(10_000));
  await made.value.close();
  assert.equal(peer.seen.length, 1, 'exactly one request for one message');
  return { outcome, sent: peer.seen[0] };
}

function messageOf(exchange: Exchange): OutboundMessage {
  return {
    deliveryId: 'dl_0001',
    verificationId: 'vf_0001',
    applicationId: 'app_0001',
    channel: 'sms',
    destination: '+14155550123',
    country: null,
    sender: null,
    subject: null,
    text: '482913',
    html: null,
    parts: 1,
    language: 'en',
    code: null,
    isPossibleDuplicate: false,
    ...exchange.message,
  };
}
