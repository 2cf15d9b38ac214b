import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';
import type { ProviderContext, SettingsReading } from '../context.ts';
import type { OutboundAnswer } from '../egress/http-exchange.ts';
import { createQuote } from '../price.ts';
import { createRedaction, maskMessage, type Redaction } from '../redaction.ts';
import { type HttpGateway, type HttpSettings, readHttpGateway } from './http-settings.ts';
import { outcomeOf } from './outcome.ts';
import { planRequest } from './request-plan.ts';

/** Any gateway that takes one HTTP request for one message, as its manifest describes it. */
export function createHttpProvider(
  settings: HttpSettings,
  context: ProviderContext,
): SettingsReading<Provider> {
  const reading = readHttpGateway(settings, context);
  if (!reading.ok) return reading;
  const gateway = reading.value;
  const { manifest } = gateway;
  const nowMs = context.nowMs ?? Date.now;
  const secrets = [...gateway.scope.secrets.values()].filter((secret) => secret !== null);
  const origin = context.egress.openOrigin(gateway.origin, {
    connectionsMax: gateway.concurrencyMax,
    answerTimeoutMs: gateway.timeoutMs,
    ...(gateway.certificateAuthority === undefined
      ? {}
      : { certificateAuthority: gateway.certificateAuthority }),
  });
  const plan = planRequest(gateway);
  const priceOf = createQuote(gateway.price);

  const exchange = async (message: OutboundMessage, signal: AbortSignal): Promise<Exchange> => {
    const obstacle = obstacleTo(message, gateway);
    if (obstacle !== null) return { answer: null, outcome: refused(obstacle) };
    const request = plan.render(message);
    if ('failure' in request) return { answer: null, outcome: refused(request.failure) };
    const answer = await origin.request({ method: manifest.method, ...request, signal });
    // Made only when there is something to hide it from.
    const redaction = (): Redaction => createRedaction(message, secrets);
    return { answer, outcome: outcomeOf(answer, manifest, redaction, nowMs()) };
  };

  const value: Provider = {
    name: gateway.name,
    channels: gateway.channels,
    concurrencyMax: gateway.concurrencyMax,
    quote: priceOf,
    send: async (message, signal) => (await exchange(message, signal)).outcome,
    test: async (message, signal) => {
      const { answer, outcome } = await exchange(message, signal);
      const redaction = createRedaction(message, secrets);
      return {
        request: redaction.transcript(showRequest(gateway, message)),
        response: redaction.transcript(showAnswer(answer)),
        outcome,
      };
    },
    close: () => origin.close(),
  };
  return { ok: true, value };
}

interface Exchange {
  /** Null when nothing was asked, because the message does not fit this gateway. */
  readonly answer: OutboundAnswer | null;
  readonly outcome: SendOutcome;
}

function refused(error: string): SendOutcome {
  return { kind: 'refused', error };
}

/** Why this gateway cannot carry this message at all. */
function obstacleTo(message: OutboundMessage, gateway: HttpGateway): string | null {
  if (!gateway.channels.includes(message.channel)) {
    return 'This provider does not serve the channel.';
  }
  const { destinations } = gateway.manifest;
  const isServed = destinations?.some((prefix) => message.destination.startsWith(prefix)) ?? true;
  return isServed ? null : 'This provider does not serve the country of this number.';
}

/** The request as it goes over the wire, made of a message and secrets already hidden. */
function showRequest(gateway: HttpGateway, message: OutboundMessage): string {
  const { parameters, secrets } = gateway.scope;
  const masked = new Map(
    [...secrets].map(([name, value]) => [name, value === null ? null : '***']),
  );
  const plan = planRequest({ ...gateway, scope: { parameters, secrets: masked }, signer: null });
  const request = plan.render(maskMessage(message));
  if ('failure' in request) return '(nothing was sent)';
  const headers = Object.entries(request.headers);
  if (gateway.signer !== null) headers.push(['webhook-signature', '***']);
  return [
    `${gateway.manifest.method} ${gateway.origin.origin}${request.target}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(request.body === null ? [] : ['', request.body]),
  ].join('\n');
}

function showAnswer(answer: OutboundAnswer | null): string {
  if (answer === null) return '(nothing was sent)';
  if (answer.kind !== 'answered') return `(no answer) ${answer.reason}`;
  const shown = ['content-type', 'retry-after', 'location'].flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [`${name}: ${String(value)}`];
  });
  return [`HTTP ${answer.status}`, ...shown, '', answer.body].join('\n');
}
