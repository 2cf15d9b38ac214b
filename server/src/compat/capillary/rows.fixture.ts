/**
 * Every row of the vendor's tables: codes, fields, channels, actions, settings, headers. Each is
 * shown by a recorded exchange, or stands in the docs page as not served.
 */
import { actions } from '#compat/capillary/actions.ts';
import type { Exchange } from '#compat/exchanges.fixture.ts';

export const rows: readonly string[] = [
  ...['517', '600', '601', '602', '603', '604', '605', '606', '607', '608', '621', '8056'].map(
    (code) => `code ${code}`,
  ),
  ...['429', '610', '874', '875', '876', '9001'].map((code) => `code ${code}`),
  ...actions.map((action) => `action ${action}`),
  ...['EMAIL', 'SMS', 'MOBILE', 'PHONE', 'WHATSAPP', 'ZALO', 'BOTH'].map((one) => `channel ${one}`),
  'field entityType MOBILE',
  'field entityType EMAIL',
  'field entityValue',
  'field action',
  'field code',
  'field template',
  'field emailTemplate',
  'field whatsappTemplateName',
  'field zaloTemplateIdentifier',
  'success createdId',
  'success entity true',
  'success entity false',
  'rule same code again',
  'rule several errors',
  'rule several placeholders',
  'rule any case',
  'rule code of an action',
  'gateway error',
  'template of the call',
  'template of the action',
  'template built in',
  'auth Basic',
  'auth refused',
  'oauth token',
  'oauth reply',
  'oauth wrong secret',
  'oauth token life',
  'access WRITE',
  'access READ',
  'header X-CAP-API-OAUTH-TOKEN',
  'header X-CAP-REQUEST-ID',
  'header attribution',
  'query format',
  'endpoint fetch',
  'endpoint Auth Engine',
  'setting CONF_OTP_RATE_LIMIT_ONE_HOUR',
  'setting CONF_OTP_VALIDATE_RATE_LIMIT',
  'setting OTP code length',
  'setting OTP code length above 10',
  'setting OTP code validity period',
  'setting OTP code type',
  'setting Time-hashed random code generation',
  'setting Set OTP code expiration time',
  'setting Mask OTP',
  'setting Authorize redemptions with missed call',
  'setting Communicate OTP via',
  'setting Communicate OTP via one if available, else another',
];

/** Whether an exchange has to do with what a row names; a row in words is taken at its word. */
export function shows({ request, answer }: Exchange, row: string): boolean {
  const [kind = '', name = ''] = row.split(' ');
  const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  const answered = answer.body as {
    readonly errors?: readonly { readonly code: unknown }[] | null;
    readonly createdId?: unknown;
    readonly entity?: unknown;
  };
  switch (kind) {
    case 'code':
      return answered.errors?.some(({ code }) => code === Number(name)) === true;
    case 'action':
      return String(body['action']).toUpperCase() === name;
    case 'channel': {
      const channels = (body['channels'] ?? []) as readonly { readonly type: string }[];
      return channels.some(({ type }) => type.toUpperCase() === name);
    }
    case 'field':
      return Object.hasOwn(body, name) && String(body[name]).toUpperCase().includes(lastWord(row));
    case 'success':
      return (
        Object.hasOwn(answered, name) && (name !== 'entity' || row.endsWith(`${answered.entity}`))
      );
    default:
      return true;
  }
}

/** Of `field entityType EMAIL` the value; nothing where a row names a field alone. */
function lastWord(row: string): string {
  return row.split(' ')[2] ?? '';
}
