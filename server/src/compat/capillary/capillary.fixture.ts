/** A client of the vendor in front of the whole service, and the values that exchanges ask for. */
import { createHash } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { bodyOf, type FacadeClient, type OpenedFacade } from '#compat/facade.fixture.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import type { Template } from '#domain/template.ts';
import { take, wrong } from '#service/service.fixture.ts';

export interface CapillaryClient extends FacadeClient {
  readonly headers: Readonly<Record<string, string>>;
  generate(body?: object): Promise<LightMyRequestResponse>;
  validate(code: string, body?: object): Promise<LightMyRequestResponse>;
  /** The code of the newest message. */
  newestCode(): string;
}

export const mobile = '9955882233';
export const entity = { entityType: 'MOBILE', entityValue: mobile, action: 'REGISTRATION' };

export async function newCapillaryClient(
  opened: OpenedFacade,
  settings: Partial<ApplicationSettings> = {},
): Promise<CapillaryClient> {
  const client = await opened.newClient(settings);
  const { tillId = '', password = '' } = client.shown;
  const headers = { authorization: `Basic ${basicOf(tillId, md5(password))}` };
  const call = (url: string, payload: object) =>
    opened.app.inject({ method: 'POST', url, headers, payload });
  return {
    ...client,
    headers,
    generate: (body = {}) => call('/v2/otp/generate', { ...entity, ...body }),
    validate: (code, body = {}) => call('/v2/otp/validate', { ...entity, code, ...body }),
    newestCode: () => newestCodeOf(opened, client),
  };
}

/** Templates that exchanges name. */
export async function saveTemplates(opened: OpenedFacade, client: FacadeClient): Promise<void> {
  for (const [name, channel] of [
    ['otp_whatsapp', 'whatsapp'],
    ['otp_zalo', 'zalo'],
    ['otp_coupon', 'sms'],
  ] as const) {
    const text = `By ${name}: {{otp_code}}`;
    const variant = { channel, language: 'en', prefix: null, subject: null, text, html: null };
    const template: Template = { name, state: 'approved', purposes: [], variants: [variant] };
    take(await opened.service.saveTemplate(client.caller.application.id, template));
  }
}

/** What exchanges may ask for; `code` is the one of the newest message, whenever it is asked. */
export class LiveValues extends Map<string, string> {
  readonly #code: () => string;

  constructor(opened: OpenedFacade, client: FacadeClient) {
    super(Object.entries(client.shown));
    this.#code = () => newestCodeOf(opened, client);
    const { tillId = '', password = '' } = client.shown;
    this.set('basic', basicOf(tillId, md5(password)));
    this.set('bareBasic', basicOf(tillId, password));
    this.set('open', '{{').set('close', '}}');
  }

  override get(name: string): string | undefined {
    if (name === 'code') return this.#code();
    return name === 'wrongCode' ? wrong(this.#code()) : super.get(name);
  }
}

export function codesOf(answer: LightMyRequestResponse): unknown[] {
  return bodyOf<{ errors: { code: unknown }[] }>(answer).errors.map(({ code }) => code);
}

function newestCodeOf({ provider }: OpenedFacade, { caller }: FacadeClient): string {
  const { id } = caller.application;
  return provider.handed.findLast(({ applicationId }) => applicationId === id)?.code ?? '';
}

export function basicOf(tillId: string, secret: string): string {
  return Buffer.from(`${tillId}:${secret}`).toString('base64');
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
