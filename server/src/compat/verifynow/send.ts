import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { refuseCustomer } from '#compat/verifynow/authenticate.ts';
import { type Failure, fail } from '#compat/verifynow/codes.ts';
import { codeLength } from '#compat/verifynow/door.ts';
import { alreadySentAnswer, sentAnswer, unsentAnswer } from '#compat/verifynow/envelope.ts';
import { besideBody, failureOf } from '#compat/verifynow/errors.ts';
import type { Version } from '#compat/verifynow/paths.ts';
import { readCallingCode } from '#compat/verifynow/phone-words.ts';
import { readWords, type Words } from '#compat/words.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { decimalHandle } from '#domain/handle.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { Service } from '#service/service.ts';

export function createSend(
  service: Pick<Service, 'startVerification'>,
  version: Version,
): FacadeRoute['handle'] {
  return async (request, reply) => {
    const words = readWords(request.query, request.body);
    const asked = refuseCustomer(request, words, version) ?? readSend(words, version);
    if (!asked.ok) return reply.send(unsentAnswer(besideBody(request, asked.error)));
    const { mobileNumber, recipient, channel, length } = asked.value;
    const caller = callerOf(request);
    const code = { alphabet: 'digits', length } as const;
    const purpose = caller.origin;
    const start = { recipient, channel, code, purpose };
    const started = await service.startVerification(caller, start, null);
    if (started.ok) {
      const verificationId = decimalHandle(started.value.view.id);
      return reply.send(sentAnswer({ verificationId, mobileNumber }));
    }
    const live = started.error.verificationId;
    return reply.send(
      live === undefined
        ? unsentAnswer(failureOf(started.error.code))
        : alreadySentAnswer({ verificationId: decimalHandle(live), mobileNumber }),
    );
  };
}

interface Send {
  /** As the client wrote it: it is given back like that. */
  readonly mobileNumber: string;
  readonly recipient: string;
  readonly channel: ChannelName;
  readonly length: number;
}

/** Whatever else a call carries belongs to the vendor's other products on the same path. */
function readSend(words: Words, version: Version): Result<Send, Failure> {
  const channel = readFlowType(words('flowType'), version);
  if (!channel.ok) return channel;
  const countryCode = words('countryCode');
  if (countryCode === undefined) return fail('BAD_REQUEST', 'countryCode is missing.');
  const callingCode = readCallingCode(countryCode);
  if (callingCode === null) {
    return fail('INVALID_COUNTRY_CODE', 'countryCode must be a dialling code, such as 91.');
  }
  const mobileNumber = words('mobileNumber');
  if (mobileNumber === undefined) return fail('BAD_REQUEST', 'mobileNumber is missing.');
  const length = readLength(words('otpLength'));
  if (!length.ok) return length;
  const recipient = `+${callingCode}${mobileNumber}`;
  return ok({ mobileNumber, recipient, channel: channel.value, length: length.value });
}

const sms = ['SMS', 'sms'] as const;
const flows = {
  v2: { served: 'SMS', channels: new Map<string, ChannelName>([sms]) },
  v3: {
    served: 'SMS or WHATSAPP',
    channels: new Map<string, ChannelName>([sms, ['WHATSAPP', 'whatsapp']]),
  },
} as const satisfies Record<Version, unknown>;

function readFlowType(
  flowType: string | undefined,
  version: Version,
): Result<ChannelName, Failure> {
  const { served, channels } = flows[version];
  if (flowType === undefined) return fail('BAD_REQUEST', `flowType is missing. Give ${served}.`);
  const channel = channels.get(flowType.toUpperCase());
  if (channel !== undefined) return ok(channel);
  return fail('BAD_REQUEST', `This flowType is not served. Give ${served}.`);
}

function readLength(otpLength: string | undefined): Result<number, Failure> {
  const { usual, min, max } = codeLength;
  if (otpLength === undefined) return ok(usual);
  const length = /^[0-9]{1,2}$/.test(otpLength) ? Number(otpLength) : 0;
  return length >= min && length <= max
    ? ok(length)
    : fail('BAD_REQUEST', `otpLength must be a whole number from ${min} to ${max}.`);
}
