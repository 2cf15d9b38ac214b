/**
 * Reads a call of the gateway: what goes to whom by which route. Things are asked for in the order
 * of the vendor's list of errors, so that a call without several of them hears of the same one.
 */
import { fillNames, fillPlaces, sampleMessage } from '#compat/fast2sms/approved-texts.ts';
import type { AccountIds } from '#compat/fast2sms/credentials.ts';
import type { Failure } from '#compat/fast2sms/errors.ts';
import { isMessageRoute, type MessageRoute } from '#compat/fast2sms/message-routes.ts';
import { readIndianMobiles } from '#compat/fast2sms/numbers.ts';
import { readMoment } from '#compat/fast2sms/schedule-time.ts';
import { type Fast2smsSettings, senderIdPattern } from '#compat/fast2sms/settings.ts';
import type { Words } from '#compat/words.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { countSegments } from '#domain/segments.ts';
import type { MessageRequest } from '#service/requests.ts';

/** Which call it is: the old one, whose route has a default, or the one of today. */
export type Call = 'bulk' | 'bulkV2';

export interface Sending {
  readonly route: MessageRoute;
  readonly numbers: readonly string[];
  /** The same for every number. */
  readonly message: Omit<MessageRequest, 'recipient'>;
}

/** What texts and senders are found by. */
export interface Panel {
  readonly settings: Fast2smsSettings;
  readonly ids: AccountIds;
}

/** More numbers than one code is meant for. */
const otpNumbersMax = 10;
/** More than any code has that a person types. */
const codeDigitsMax = 10;
const codePattern = /^[0-9]{4,10}$/;

export function readSend(call: Call, words: Words, panel: Panel): Result<Sending, Failure> {
  const route = readRoute(call, words, panel.settings);
  if (!route.ok) return route;
  const sender = readSender(route.value, words);
  if (!sender.ok) return sender;
  const text = readText(route.value, words, panel);
  if (!text.ok) return text;
  const language = readLanguage(call, route.value, words, text.value.text);
  if (!language.ok) return language;
  const listed = words('numbers');
  if (listed === undefined) return failure(405);
  const numbers = readIndianMobiles(listed);
  if (numbers === null) return failure(411);
  if (new Set(numbers).size < numbers.length) return failure(995);
  if (route.value === 'otp' && numbers.length > otpNumbersMax) return failure(998);
  const flash = words('flash') ?? '0';
  if (!['0', '1', 'false', 'true'].includes(flash)) {
    return failure({ code: 400, message: 'flash must be 0 or 1' });
  }
  const moment = readMoment(words('schedule_time'));
  if (moment === null) {
    return failure({ code: 400, message: 'schedule_time must be YYYY-MM-DD-HH-MM' });
  }
  return ok({
    route: route.value,
    numbers,
    message: {
      ...text.value,
      ...(sender.value === null ? {} : { sender: sender.value }),
      ...(moment === undefined ? {} : { sendAtMs: moment }),
    },
  });
}

function readRoute(
  call: Call,
  words: Words,
  { routes }: Fast2smsSettings,
): Result<MessageRoute, Failure> {
  // The account's default route, where the old call names none.
  const word = words('route') ?? (call === 'bulk' ? 'p' : undefined);
  if (word === undefined) return failure(403);
  if (!isMessageRoute(word)) return failure(408);
  return routes.includes(word) ? ok(word) : failure(409);
}

function readSender(route: MessageRoute, words: Words): Result<string | null, Failure> {
  // These two have one random sender for everybody.
  if (route === 'otp' || route === 'q') return ok(null);
  const sender = words('sender_id');
  if (sender === undefined) return failure(401);
  return senderIdPattern.test(sender) ? ok(sender) : failure(406);
}

function readText(
  route: MessageRoute,
  words: Words,
  { settings, ids }: Panel,
): Result<{ text: string; code?: string }, Failure> {
  if (route === 'otp') {
    const code = words('variables_values');
    if (code === undefined) return failure(402);
    if (!/^[0-9]+$/.test(code)) return failure(997);
    if (code.length > codeDigitsMax) {
      return failure({ code: 400, message: `An OTP has at most ${codeDigitsMax} digits` });
    }
    return ok({ text: `Your OTP: ${code}`, code });
  }
  const message = words('message');
  if (message === undefined || message.trim() === '') return failure(402);
  if (route !== 'dlt' && route !== 'qt') {
    if (route === 'dlt_manual') {
      const isNamed = [words('entity_id'), words('template_id')].every(isRegisteredId);
      if (!isNamed) return failure(425);
    }
    // A number alone is the code that a caller made and will compare by itself.
    const number = message.trim();
    return ok({ text: message, ...(codePattern.test(number) ? { code: number } : {}) });
  }
  const approved = Object.hasOwn(settings.messages, message)
    ? settings.messages[message]
    : undefined;
  const found = approved ?? (message === ids.dltMessageId ? sampleMessage : null);
  if (found === null) return failure(424);
  const values = words('variables_values');
  const isOwnSender = approved === undefined || approved.senderId === words('sender_id');
  if (route === 'dlt' && !isOwnSender) return failure(406);
  const filled =
    route === 'dlt'
      ? fillPlaces(found.text, values)
      : fillNames(found.text.replace('{#var#}', '{#AA#}'), words('variables'), values);
  if (!filled.ok) return filled;
  const value = values?.replace(/\|$/, '') ?? '';
  return ok({ text: filled.value, ...(codePattern.test(value) ? { code: value } : {}) });
}

function readLanguage(
  call: Call,
  route: MessageRoute,
  words: Words,
  text: string,
): Result<null, Failure> {
  const isAsked = route === 'q' || route === 'v3' || route === 'p' || route === 't';
  if (!isAsked) return ok(null);
  const language = words('language') ?? (call === 'bulkV2' ? 'english' : undefined);
  if (language === undefined) return failure(404);
  if (language !== 'english' && language !== 'unicode') return failure(410);
  const isEnglish = language === 'unicode' || countSegments(text).encoding === 'gsm7';
  return isEnglish ? ok(null) : failure(417);
}

/** As registered: an entity has nineteen digits, a template as many or fewer. */
function isRegisteredId(id: string | undefined): boolean {
  return id !== undefined && /^[0-9]{4,25}$/.test(id);
}

function failure(error: Failure): Result<never, Failure> {
  return { ok: false, error };
}
