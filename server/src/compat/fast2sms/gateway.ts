/**
 * The vendor's SMS gateway: texts of the caller's own, sent as plain messages. The codes in them
 * are made and checked elsewhere; here they are carried, counted and forgotten.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { type Account, accountOf, createAuthenticate } from '#compat/fast2sms/account.ts';
import { sampleMessage } from '#compat/fast2sms/approved-texts.ts';
import { answerFailure, type Failure, failureOf } from '#compat/fast2sms/errors.ts';
import { type Call, readSend, type Sending } from '#compat/fast2sms/read-send.ts';
import { type Fast2smsSettings, settingsOf } from '#compat/fast2sms/settings.ts';
import { readWords, type Words } from '#compat/words.ts';
import { wordHandle } from '#domain/handle.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { Service } from '#service/service.ts';

/** Messages of one `requests` array. */
const requestsMax = 20;
/** Messages of one call that are on their way to the storage at once. */
const atOnceMax = 10;

export function createGatewayRoutes(service: Service): readonly FacadeRoute[] {
  const authenticate = createAuthenticate(service);
  const route = (
    methods: FacadeRoute['methods'],
    call: string,
    handle: FacadeRoute['handle'],
  ): FacadeRoute => ({ methods, paths: [`/dev/${call}`, `/dev/${call}/`], authenticate, handle });
  const sendRoute = (call: Call): FacadeRoute =>
    route(['GET', 'POST'], call, (request, reply) => send(service, call, { request, reply }));
  return [
    sendRoute('bulk'),
    sendRoute('bulkV2'),
    route(['GET'], 'wallet', async (request, reply) => {
      const balance = await service.readBalance(callerOf(request).application);
      const messages = balance?.messages ?? unboundedMessages;
      // One message costs one unit of the wallet: prices are between the operator and providers.
      return reply.send({ return: true, wallet: messages.toFixed(2), sms_count: messages });
    }),
    route(['GET'], 'dlt_manager', async (request, reply) => {
      const data = readDlt(readWords(request.query)('type'), accountOf(request));
      if (data !== null) return reply.send({ success: true, data });
      return answerFailure(reply, { code: 400, message: 'type must be sender or template' });
    }),
  ];
}

/** What a wallet without a bound shows: clients compare it with what they want to send. */
const unboundedMessages = 1_000_000;

async function send(
  service: Service,
  call: Call,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<FastifyReply> {
  const account = accountOf(request);
  const settings = settingsOf(account.caller.application.settings.facades['fast2sms']);
  if (call === 'bulk' && !settings.oldApi) return answerFailure(reply, 990);
  const sendings = readSendings(call, request, { account, settings });
  if (!sendings.ok) return answerFailure(reply, sendings.error);
  const sent = await sendAll(service, account, sendings.value);
  return sent.ok ? answerSent(reply, sendings.value, sent.value) : answerFailure(reply, sent.error);
}

function readSendings(
  call: Call,
  request: FastifyRequest,
  { account, settings }: { account: Account; settings: Fast2smsSettings },
): Result<readonly Sending[], Failure> {
  const panel = { settings, ids: account.ids };
  const whole = readWords(joined(request.body), request.query);
  const list = requestsOf(request.body);
  if (list === null || whole('route') !== 'dlt') {
    const one = readSend(call, whole, panel);
    return one.ok ? ok([one.value]) : one;
  }
  if (list.length === 0) return { ok: false, error: 405 };
  if (list.length > requestsMax) return { ok: false, error: 998 };
  const sendings: Sending[] = [];
  for (const part of list) {
    const own = readWords(joined(part));
    const words: Words = (name) => own(name) ?? whole(name);
    const read = readSend(call, words, panel);
    if (!read.ok) return read;
    sendings.push(read.value);
  }
  const numbers = sendings.flatMap((one) => one.numbers);
  return new Set(numbers).size < numbers.length ? { ok: false, error: 995 } : ok(sendings);
}

function requestsOf(body: unknown): readonly unknown[] | null {
  const requests: unknown = (body as { readonly requests?: unknown } | null | undefined)?.requests;
  return Array.isArray(requests) ? requests : null;
}

/** Some clients give the numbers as an array. */
function joined(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { numbers } = body as { readonly numbers?: unknown };
  return Array.isArray(numbers) ? { ...body, numbers: numbers.map(String).join(',') } : body;
}

/**
 * One message for each number. Where some are refused the others are sent all the same, and the
 * call is a success, as it is at the vendor; the refused ones are listed here as blocked.
 */
async function sendAll(
  service: Service,
  { caller }: Account,
  sendings: readonly Sending[],
): Promise<Result<string, Failure>> {
  const wanted = sendings.flatMap(({ numbers, message }) =>
    numbers.map((recipient) => ({ ...message, recipient })),
  );
  let first: string | null = null;
  let refusal: Failure | null = null;
  for (let from = 0; from < wanted.length; from += atOnceMax) {
    const part = wanted.slice(from, from + atOnceMax);
    const results = await Promise.all(
      part.map((message) => service.sendMessage(caller, message, null)),
    );
    for (const result of results) {
      if (result.ok) first ??= result.value.view.id;
      else refusal ??= failureOfMessage(result.error);
    }
  }
  return first === null ? { ok: false, error: refusal ?? 405 } : ok(wordHandle(first));
}

function failureOfMessage(refusal: Parameters<typeof failureOf>[0]): Failure {
  if (refusal.pointer === '/sendAt') {
    return { code: 400, message: 'schedule_time must be within the next 23 hours' };
  }
  if (refusal.pointer === '/text') {
    return { code: 400, message: 'The message is too long, or has control characters' };
  }
  return failureOf(refusal);
}

/** Clients of the old promotional route compare its text. */
function answerSent(
  reply: FastifyReply,
  sendings: readonly Sending[],
  requestId: string,
): FastifyReply {
  const isPromotional = sendings[0]?.route === 'p';
  const message = isPromotional
    ? 'Message sent successfully to NonDND numbers'
    : 'Message sent successfully';
  return reply.send({ return: true, request_id: requestId, message: [message] });
}

/** What the panel lists; the vendor's members of an entry are documented nowhere. */
function readDlt(
  type: string | undefined,
  { caller, ids }: Account,
): readonly Readonly<Record<string, unknown>>[] | null {
  const { messages } = settingsOf(caller.application.settings.facades['fast2sms']);
  const { text: message, senderId: sender_id } = sampleMessage;
  const sample = { message_id: ids.dltMessageId, sender_id, message };
  const approved = Object.entries(messages).map(([id, { senderId, text }]) => ({
    message_id: id,
    sender_id: senderId,
    message: text,
  }));
  const all = Object.hasOwn(messages, ids.dltMessageId) ? approved : [...approved, sample];
  if (type === 'template') return all;
  if (type !== 'sender') return null;
  return [...new Set(all.map(({ sender_id }) => sender_id))].map((sender_id) => ({ sender_id }));
}
