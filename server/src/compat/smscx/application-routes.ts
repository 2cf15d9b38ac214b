import type { FastifyRequest } from 'fastify';
import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { answer } from '#compat/smscx/answer-headers.ts';
import { createAuthenticate } from '#compat/smscx/authenticate.ts';
import { detailsOf } from '#compat/smscx/credentials.ts';
import { answerError, errors } from '#compat/smscx/errors.ts';
import { vendorDate } from '#compat/smscx/otp-object.ts';
import { type OtpSettings, otpSettingsOf } from '#compat/smscx/otp-settings.ts';
import { scopeNames } from '#compat/smscx/scopes.ts';
import { headOf } from '#domain/id.ts';
import type { CredentialView } from '#service/facade-port.ts';
import type { Service } from '#service/service.ts';

/** Kept as a hash, so nobody can show it again. */
const hiddenSecret = '********';
/** What the vendor shows is never empty; texts that nobody set are ours, in many languages. */
const usualTemplate = '{{pin}} is your code.';
const usualSender = 'InfoText';

/** The applications of a client: the credentials with an id and a secret, newest first. */
export function createApplicationRoutes(service: Service): readonly FacadeRoute[] {
  const authenticate = createAuthenticate(service, null);
  const route = (path: string, handle: FacadeRoute['handle']): FacadeRoute => ({
    methods: ['GET'],
    paths: [path],
    authenticate,
    handle,
  });

  async function applicationsOf(request: FastifyRequest) {
    const { application } = callerOf(request);
    const listed = await service.listCredentials('smscx');
    if (!listed.ok) throw new Error(listed.error.detail);
    return listed.value
      .filter((one) => one.applicationId === application.id && one.revokedAtMs === null)
      .sort((first, second) => second.createdAtMs - first.createdAtMs)
      .flatMap((credential) => {
        const details = detailsOf(credential);
        return details === null ? [] : [{ credential, details }];
      });
  }

  return [
    route('/applications', async (request, reply) => {
      const { name } = callerOf(request).application;
      const data = (await applicationsOf(request)).map(({ credential, details }) => ({
        id: headOf(credential.id, 'crd') ?? 0,
        applicationId: credential.publicId,
        applicationSecret: hiddenSecret,
        applicationName: name,
        scopes: details.scopes.join(' '),
        tokenExpiration: details.tokenExpiration,
        createdAt: vendorDate(credential.createdAtMs),
      }));
      return answer(reply, { data });
    }),
    route('/applications/scopes', async (_request, reply) => answer(reply, scopeNames)),
    route('/applications/:applicationId', async (request, reply) => {
      const { applicationId } = request.params as { applicationId: string };
      const all = await applicationsOf(request);
      const found = all.find(({ credential }) => isNamed(credential, applicationId));
      if (found === undefined) return answerError(reply, errors.applicationUnknown);
      const { name, settings } = callerOf(request).application;
      return answer(reply, {
        applicationId,
        name,
        scopes: found.details.scopes.join(' '),
        tokenExpiration: found.details.tokenExpiration,
        settings: { ...otherSettings, otp: presentSettings(otpSettingsOf(settings)) },
      });
    }),
  ];
}

function isNamed({ publicId }: CredentialView, applicationId: string): boolean {
  return publicId === applicationId;
}

function presentSettings({ templates, from, ...rest }: OtpSettings): object {
  const { pinType, pinLength, ttl, maxAttempts, otpCallback } = rest;
  const texts = { template: usualTemplate, ...templates };
  return { ...texts, from: from ?? usualSender, pinType, pinLength, ttl, maxAttempts, otpCallback };
}

/** The tabs of products that are not here; the vendor's SDKs fail when one is missing. */
const quietHours = { start: '', stop: '' };
const otherSettings = {
  sms: {
    enforceOriginator: null,
    dlrCallback: null,
    receiveCallback: null,
    quietHours,
    transliteration: { alphabet: 'NONE', removeEmojis: false },
  },
  viber: { dlrCallback: null, receiveCallback: null, quietHours },
  whatsapp: { dlrCallback: null, receiveCallback: null, quietHours },
  multichannel: {
    dlrCallback: null,
    receiveCallback: null,
    quietHours,
    ttl: 0,
    expireAfterTtl: false,
  },
  shortlinks: { shortlinksCallback: null },
  attachments: { attachmentsCallback: null },
  optouts: { optoutsCallback: null },
  lookup: { lookupCallback: null },
} as const;
