import {
  type Application,
  type ApplicationSettings,
  lifetimeFor,
  settingBounds,
} from '#domain/application.ts';
import { checkAutofill } from '#domain/autofill.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { channels, isChannelName } from '#domain/channels/index.ts';
import {
  type CodeSpec,
  checkCustomCode,
  codeLengthMax,
  codeLengthMin,
  codeLengthSafeMin,
} from '#domain/code.ts';
import { addressRange } from '#domain/limits.ts';
import { parseMoney } from '#domain/money.ts';
import { maskRecipient, parseRecipient, type Recipient } from '#domain/recipient.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import { languagePattern } from '#domain/template.ts';
import { checkVariables } from '#domain/template-variables.ts';
import type { Destination, KeptRequest, OwnContent } from '#service/kept-request.ts';
import type { ChannelRequest, ClientHints, StartRequest, Transaction } from '#service/requests.ts';

/** A start request in which everything has its value and every value is allowed. */
export interface ReadStart {
  readonly kept: KeptRequest;
  readonly recipient: Recipient;
  /** Masked, as answers show it. */
  readonly shownRecipient: string;
  readonly codeSpec: CodeSpec;
  readonly customCode: string | null;
  readonly checksMax: number;
  /** Folded recipients of all destinations, for the send limits. */
  readonly destinationKeys: readonly string[];
}

/** The purpose of a proof that names none. */
export const defaultPurpose = 'verification';
const purposePattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const payeeCharactersMax = 70;
const destinationsMax = 5;

interface Parts {
  readonly application: Application;
  readonly checkUrl: (url: string, pointer: string) => Result<URL>;
}

/** Request values beat the application's, which beat the product's. */
export function readStartRequest(parts: Parts, request: StartRequest): Result<ReadStart> {
  const { application } = parts;
  const { settings } = application;
  if (request.workflow !== undefined) {
    return refuse(
      'not_available',
      'Workflows are not available in this version. Give a channel, or channels to use at once.',
      { pointer: '/workflow' },
    );
  }
  const purpose = readPurpose(request.purpose);
  if (!purpose.ok) return purpose;
  const country = request.country ?? settings.country ?? undefined;
  const recipient = parseRecipient(request.recipient, { country });
  if (!recipient.ok) return recipient;
  const reached = readDestinations(settings, request, recipient.value);
  if (!reached.ok) return reached;
  const code = readCode(settings, request);
  if (!code.ok) return code;
  const numbers = readNumbers(settings, request, reached.value.destinations);
  if (!numbers.ok) return numbers;
  const text = readText(parts, request, reached.value.destinations);
  if (!text.ok) return text;
  const transaction = readTransaction(request.transaction);
  if (!transaction.ok) return transaction;
  const address = readClientAddress(request.client);
  if (!address.ok) return address;
  return ok({
    kept: {
      recipient: recipient.value.canonical,
      destinations: reached.value.destinations,
      purpose: purpose.value,
      ...text.value,
      lifetimeSeconds: numbers.value.lifetimeSeconds,
      codeSpec: request.customCode === undefined ? code.value.spec : null,
      transaction: transaction.value,
      redirected: {},
    },
    recipient: recipient.value,
    shownRecipient: maskRecipient(recipient.value.canonical),
    codeSpec: code.value.spec,
    customCode: code.value.custom,
    checksMax: numbers.value.checksMax,
    destinationKeys: reached.value.keys,
  });
}

export function readPurpose(purpose: string | undefined): Result<string> {
  if (purpose === undefined) return ok(defaultPurpose);
  if (purposePattern.test(purpose)) return ok(purpose);
  return refuse(
    'request_invalid',
    'The purpose is 1 to 64 letters, digits, dots, colons, dashes or underscores.',
    { pointer: '/purpose' },
  );
}

/** Limits for each address count by it, so one that nobody can count by must not pass. */
export function readClientAddress(client: ClientHints | undefined): Result<string | null> {
  if (client?.address === undefined) return ok(null);
  if (addressRange(client.address) !== null) return ok(client.address);
  return refuse(
    'request_invalid',
    'The address is no IPv4 or IPv6 address. Give the address itself, or leave it out.',
    { pointer: '/client/address' },
  );
}

/** Amount and currency in their exact spelling: what is shown is what is bound. */
export function readTransaction(transaction: Transaction | undefined): Result<Transaction | null> {
  if (transaction === undefined) return ok(null);
  const money = parseMoney(transaction, '/transaction');
  if (!money.ok) return money;
  const { payee } = transaction;
  if (payee.trim() === '' || payee.length > payeeCharactersMax || /[\p{Cc}]/u.test(payee)) {
    return refuse(
      'request_invalid',
      `The payee is a name of 1 to ${payeeCharactersMax} characters on one line.`,
      { pointer: '/transaction/payee' },
    );
  }
  return ok({ ...money.value, payee });
}

function readDestinations(
  settings: ApplicationSettings,
  request: StartRequest,
  recipient: Recipient,
): Result<{ destinations: Destination[]; keys: string[] }> {
  if (request.channel !== undefined && request.channels !== undefined) {
    return refuse('request_invalid', 'Give either channel or channels, not both.', {
      pointer: '/channels',
    });
  }
  const wanted = request.channels ?? [{ channel: defaultChannel(settings, request, recipient) }];
  if (wanted.length === 0 || wanted.length > destinationsMax) {
    return refuse('request_invalid', `Give 1 to ${destinationsMax} channels.`, {
      pointer: '/channels',
    });
  }
  const destinations: Destination[] = [];
  const keys: string[] = [];
  for (const [index, entry] of wanted.entries()) {
    const isOnly = request.channels === undefined;
    const pointer = isOnly ? '/channel' : `/channels/${index}`;
    const country = request.country ?? settings.country ?? undefined;
    const to =
      entry.to === undefined
        ? ok(recipient)
        : parseRecipient(entry.to, { country, pointer: `${pointer}/to` });
    if (!to.ok) return to;
    const refused = refuseDestination(settings, entry.channel, to.value, {
      channel: pointer,
      destination: entry.to === undefined ? '/recipient' : `${pointer}/to`,
    });
    if (refused !== null) return refused;
    const content = readOwnContent(entry, pointer);
    if (!content.ok) return content;
    const { canonical, limitKey, country: toCountry } = to.value;
    const isTwice = destinations.some(
      (other) => other.channel === entry.channel && other.to === canonical,
    );
    if (isTwice) {
      return refuse('request_invalid', 'The same channel to the same destination stands twice.', {
        pointer,
      });
    }
    const destination = { channel: entry.channel, to: canonical, country: toCountry };
    destinations.push(
      content.value === null ? destination : { ...destination, content: content.value },
    );
    keys.push(limitKey);
  }
  return ok({ destinations, keys });
}

/** A template or a text that one channel has of its own. */
function readOwnContent(entry: ChannelRequest, pointer: string): Result<OwnContent | null> {
  const { template, text, subject, html } = entry;
  if (template === undefined && text === undefined && subject === undefined && html === undefined) {
    return ok(null);
  }
  if (template !== undefined && (text ?? subject ?? html) !== undefined) {
    return refuse('request_invalid', 'Give a channel either a template or a text, not both.', {
      pointer: `${pointer}/text`,
    });
  }
  if (template !== undefined) return ok({ template });
  if (text === undefined) {
    return refuse('request_invalid', 'A subject or an HTML part goes with a text. Give it too.', {
      pointer: `${pointer}/text`,
    });
  }
  const hasMailParts = subject !== undefined || html !== undefined;
  if (hasMailParts && channels[entry.channel].carries !== 'mail') {
    return refuse('request_invalid', 'Only the email channel has a subject and an HTML part.', {
      pointer: `${pointer}/${subject === undefined ? 'html' : 'subject'}`,
    });
  }
  return ok({ text, subject: subject ?? null, html: html ?? null });
}

function defaultChannel(
  settings: ApplicationSettings,
  request: StartRequest,
  recipient: Recipient,
): ChannelName {
  if (request.channel !== undefined) return request.channel;
  const usual: ChannelName = recipient.kind === 'email' ? 'email' : 'sms';
  const wanted = [settings.channel ?? usual, usual, ...settings.channels];
  const fitting = wanted.find(
    (channel) => settings.channels.includes(channel) && channels[channel].accepts(recipient).ok,
  );
  return fitting ?? usual;
}

/** Why a message on this channel may not go there: no such channel, not allowed, not reached. */
export function refuseDestination(
  settings: ApplicationSettings,
  channel: ChannelName,
  destination: Recipient,
  pointers: { channel: string; destination: string },
): Result<never> | null {
  if (!isChannelName(channel)) {
    return refuse('request_invalid', 'There is no such channel.', { pointer: pointers.channel });
  }
  if (!settings.channels.includes(channel)) {
    return refuse(
      'channel_not_allowed',
      `The application does not allow the channel ${channel}. Allow it in its settings, or use ` +
        `one of: ${settings.channels.join(', ')}.`,
      { pointer: pointers.channel },
    );
  }
  const accepted = channels[channel].accepts(destination);
  if (!accepted.ok && !(settings.allowLandlineTexts && isLandline(destination))) {
    return { ok: false, error: { ...accepted.error, pointer: pointers.destination } };
  }
  const { country } = destination;
  if (destination.kind === 'phone' && settings.countries !== 'all') {
    if (country === null || !settings.countries.includes(country)) {
      return refuse(
        'country_not_allowed',
        `The application does not allow numbers of ${country ?? 'no country'}. Add the country ` +
          'to its setting "countries".',
        { pointer: pointers.destination },
      );
    }
  }
  return null;
}

function isLandline(destination: Recipient): boolean {
  return destination.kind === 'phone' && destination.lineType === 'fixed_line';
}

function readCode(
  settings: ApplicationSettings,
  request: StartRequest,
): Result<{ spec: CodeSpec; custom: string | null }> {
  const spec = {
    alphabet: request.code?.alphabet ?? settings.code.alphabet,
    length: request.code?.length ?? settings.code.length,
  };
  if (request.customCode !== undefined) {
    if (request.code !== undefined) {
      return refuse('request_invalid', 'Give either code or customCode, not both.', {
        pointer: '/customCode',
      });
    }
    const custom = checkCustomCode(request.customCode, settings);
    if (!custom.ok) return custom;
    const alphabet = /^[0-9]+$/.test(custom.value) ? 'digits' : 'alphanumeric';
    return ok({ spec: { alphabet, length: custom.value.length }, custom: custom.value });
  }
  const lengthMin = settings.allowShortCodes ? codeLengthMin : codeLengthSafeMin;
  if (!isWhole(spec.length, lengthMin, codeLengthMax)) {
    return refuse(
      'code_invalid',
      `The code's length must be ${lengthMin} to ${codeLengthMax} here.`,
      { pointer: '/code/length' },
    );
  }
  return ok({ spec, custom: null });
}

function readNumbers(
  settings: ApplicationSettings,
  request: StartRequest,
  destinations: readonly Destination[],
): Result<{ lifetimeSeconds: number; checksMax: number }> {
  const lifetimeSeconds =
    request.lifetimeSeconds ??
    lifetimeFor(
      settings,
      destinations.map(({ channel }) => channel),
    );
  const { min } = settingBounds.lifetimeSeconds;
  if (!isWhole(lifetimeSeconds, min, settings.lifetimeSecondsMax)) {
    return refuse(
      'request_invalid',
      `The lifetime must be ${min} to ${settings.lifetimeSecondsMax} seconds. The application ` +
        'may raise the bound with its setting "lifetimeSecondsMax".',
      { pointer: '/lifetimeSeconds' },
    );
  }
  const checksMax = request.checksMax ?? settings.checksMax;
  const bounds = settingBounds.checksMax;
  if (!isWhole(checksMax, bounds.min, bounds.max)) {
    return refuse('request_invalid', `checksMax must be ${bounds.min} to ${bounds.max}.`, {
      pointer: '/checksMax',
    });
  }
  return ok({ lifetimeSeconds, checksMax });
}

type ReadText = Pick<
  KeptRequest,
  'template' | 'text' | 'language' | 'variables' | 'sender' | 'autofill' | 'callbackUrl'
>;

function readText(
  parts: Parts,
  request: StartRequest,
  destinations: readonly Destination[],
): Result<ReadText> {
  const { settings } = parts.application;
  if (request.template !== undefined && request.text !== undefined) {
    return refuse('request_invalid', 'Give either template or text, not both.', {
      pointer: '/text',
    });
  }
  const language = request.language ?? settings.language;
  if (!languagePattern.test(language)) {
    return refuse('request_invalid', 'The language is a tag such as "en" or "pt-BR" (BCP 47).', {
      pointer: '/language',
    });
  }
  const variables = checkVariables(request.variables ?? {});
  if (!variables.ok) return variables;
  const autofill = checkAutofill(request.autofill ?? {});
  if (!autofill.ok) return autofill;
  if (request.sender !== undefined) {
    for (const { channel } of destinations) {
      const checked = checkSender(request.sender, channel);
      if (!checked.ok) return checked;
    }
  }
  const callbackUrl = request.callbackUrl ?? settings.callbackUrl;
  if (callbackUrl !== null) {
    const checked = parts.checkUrl(callbackUrl, '/callbackUrl');
    if (!checked.ok) return checked;
  }
  return ok({
    template: request.template ?? null,
    text: request.text ?? null,
    language,
    variables: variables.value,
    sender: request.sender ?? settings.sender,
    autofill: autofill.value,
    callbackUrl,
  });
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
