import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { type Compiled, compileCheck } from '#api/compile-late.ts';
import { describeViolations, summarizeErrors, type Violation } from '#api/describe-violations.ts';
import { type ErrorCode, errorTable } from '#api/errors.ts';
import { keyPattern, keyRule } from '#api/idempotency-key.ts';
import { acceptNulls, dropNulls } from '#api/nulls.ts';
import { presentVerification } from '#api/present.ts';
import { holdsHalfPair } from '#api/read-json.ts';
import type { Route } from '#api/route.ts';
import { recipientCheck } from '#api/routes/recipient-check/route.ts';
import { verificationCancel } from '#api/routes/verification-cancel/route.ts';
import { verificationCheck } from '#api/routes/verification-check/route.ts';
import { verificationResend } from '#api/routes/verification-resend/route.ts';
import { startRequestOf, verificationStart } from '#api/routes/verification-start/route.ts';
import { schemaOptions } from '#api/schema-options.ts';
import type { startBody } from '#api/schemas/start.ts';
import { anyText, exactly } from '#api/schemas/text.ts';
import type { Refusal, Result } from '#domain/refusal.ts';
import type {
  NativeAnswer,
  NativeCall,
  NativeCallName,
  NativeCalls,
  NativeError,
  NativeMistake,
  NativeVerdict,
} from '#service/native-port.ts';
import type { CheckRequest, RecipientCheckRequest, ResendRequest } from '#service/requests.ts';
import type { Caller, IdempotencyKey, Service } from '#service/service.ts';
import type { Answer, VerdictView, VerificationView } from '#service/views.ts';

type Fields = Readonly<Record<string, unknown>>;
type Answered = Result<Answer<VerificationView | VerdictView>>;

/** One call: the route whose words it has, and the verb behind it. */
interface Kind {
  readonly route: Route;
  readonly schema: TSchema;
  run(service: Service, caller: Caller, body: Fields, key: IdempotencyKey): Promise<Answered>;
}

const idCharactersMax = 100;
const id = anyText(idCharactersMax, { description: 'The id that the start answered.' });

/** The body of a route whose path has the id, with the id as one more field. */
function withId(route: Route): TSchema {
  return exactly({ ...(route.body as TObject).properties, id });
}

/** What the schema found to have these fields has the types of the verb's request. */
function asRequest<Request extends { readonly verificationId: string }>(body: Fields): Request {
  const { id: verificationId, ...rest } = body;
  return { ...rest, verificationId } as unknown as Request;
}

const kinds = {
  start: {
    route: verificationStart,
    schema: verificationStart.body ?? Type.Never(),
    run: (service, caller, body, key) =>
      service.startVerification(caller, startRequestOf(body as Static<typeof startBody>), key),
  },
  check: {
    route: verificationCheck,
    schema: withId(verificationCheck),
    run: (service, caller, body, key) =>
      service.checkCode(caller, asRequest<CheckRequest>(body), key),
  },
  checkRecipient: {
    route: recipientCheck,
    schema: recipientCheck.body ?? Type.Never(),
    run: (service, caller, body, key) =>
      service.checkRecipient(caller, body as unknown as RecipientCheckRequest, key),
  },
  resend: {
    route: verificationResend,
    schema: withId(verificationResend),
    run: (service, caller, body, key) =>
      service.resendCode(caller, asRequest<ResendRequest>(body), key),
  },
  cancel: {
    route: verificationCancel,
    schema: withId(verificationCancel),
    run: (service, caller, body, key) =>
      service.cancelVerification(caller, asRequest(body).verificationId, key),
  },
} as const satisfies Record<string, Kind>;

export function createNativeCalls(service: Service): NativeCalls {
  return {
    fieldNames: Object.values(kinds).flatMap(({ schema }) =>
      Object.keys((schema as TObject).properties),
    ),
    refuse: errorOf,
    async call({ caller, name, fields, bytes, key }: NativeCall): Promise<NativeAnswer> {
      const kind: Kind = kinds[kindOf(name, fields)];
      const wrong = mistakeIn(kind, fields, bytes, key);
      if (wrong !== null) return { ok: false, error: wrong };
      const body = structuredClone(fields);
      dropNulls(body);
      const result = await kind.run(service, caller, body, key);
      if (!result.ok) return { ok: false, error: errorOf(result.error) };
      const { view } = result.value;
      const verification = presentVerification(view);
      return { ok: true, verification, verdict: 'approved' in view ? verdictOf(view) : null };
    },
  };
}

/** A check without an id is one by recipient, as `POST /v1/checks`. */
function kindOf(name: NativeCallName, fields: Fields): keyof typeof kinds {
  return name === 'check' && (fields['id'] ?? null) === null ? 'checkRecipient' : name;
}

function mistakeIn(
  kind: Kind,
  fields: Fields,
  bytes: number,
  key: IdempotencyKey,
): NativeError | null {
  const { bodyBytesMax } = kind.route;
  if (bodyBytesMax !== undefined && bytes > bodyBytesMax) {
    return errorNamed('body_too_large', `This command has at most ${bodyBytesMax} bytes.`);
  }
  if (key !== null && !keyPattern.test(key)) return errorNamed('idempotency_key_invalid', keyRule);
  if (holdsHalfPair(fields)) {
    return errorNamed('not_json', 'The command holds half of a surrogate pair.');
  }
  const check = checkOf(kind);
  if (check(fields) === true) return null;
  const errors = describeViolations((check.errors ?? []) as readonly Violation[]);
  return errorNamed('request_invalid', summarizeErrors(errors), { errors });
}

const compiled = new Map<Kind, Compiled>();

/** Compiled when a call first needs it, as the routes' are. */
function checkOf(kind: Kind): Compiled {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const made = compileCheck(acceptNulls(kind.schema), schemaOptions);
  compiled.set(kind, made);
  return made;
}

function verdictOf({ approved, reason, proof }: VerdictView): NativeVerdict {
  return { approved, reason, ...(proof === null ? {} : { proof }) };
}

function errorOf(refusal: Refusal | NativeMistake): NativeError {
  const { code, detail, pointer, limit, retryAfterSeconds } = { ...noLimit, ...refusal };
  return errorNamed(code, detail, {
    errors: pointer === undefined ? [] : [{ pointer, detail }],
    ...(limit === undefined ? {} : { limit }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

const noLimit = { limit: undefined, retryAfterSeconds: undefined };

function errorNamed(
  code: ErrorCode,
  detail: string,
  more: Partial<Pick<NativeError, 'errors' | 'limit' | 'retryAfterSeconds'>> = {},
): NativeError {
  const { title, retryAfterSeconds } = errorTable[code];
  return {
    ...{ code, title, detail, errors: [] },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...more,
  };
}
