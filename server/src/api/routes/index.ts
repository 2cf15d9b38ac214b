import type { Route } from '#api/route.ts';
import { applicationChange } from '#api/routes/application-change/route.ts';
import { applicationRead } from '#api/routes/application-read/route.ts';
import { healthRead } from '#api/routes/health-read/route.ts';
import { keyListing } from '#api/routes/key-list/route.ts';
import { messageListing } from '#api/routes/message-list/route.ts';
import { messageRead } from '#api/routes/message-read/route.ts';
import { messageSend } from '#api/routes/message-send/route.ts';
import { metricsRead } from '#api/routes/metrics-read/route.ts';
import { openapiRead } from '#api/routes/openapi-read/route.ts';
import { readinessRead } from '#api/routes/readiness-read/route.ts';
import { recipientCheck } from '#api/routes/recipient-check/route.ts';
import { sandboxClockAdvance } from '#api/routes/sandbox-clock-advance/route.ts';
import { sandboxMessageListing } from '#api/routes/sandbox-message-list/route.ts';
import { sandboxReset } from '#api/routes/sandbox-reset/route.ts';
import { templateDelete } from '#api/routes/template-delete/route.ts';
import { templateListing } from '#api/routes/template-list/route.ts';
import { templateRead } from '#api/routes/template-read/route.ts';
import { templateSave } from '#api/routes/template-save/route.ts';
import { verificationCancel } from '#api/routes/verification-cancel/route.ts';
import { verificationCheck } from '#api/routes/verification-check/route.ts';
import { verificationListing } from '#api/routes/verification-list/route.ts';
import { verificationRead } from '#api/routes/verification-read/route.ts';
import { verificationResend } from '#api/routes/verification-resend/route.ts';
import { verificationStart } from '#api/routes/verification-start/route.ts';

/** Every call of `/v1`, in the order that the reference shows them. */
export const apiRoutes: readonly Route[] = [
  verificationStart,
  verificationRead,
  verificationListing,
  verificationCheck,
  recipientCheck,
  verificationResend,
  verificationCancel,
  messageSend,
  messageListing,
  messageRead,
  applicationRead,
  applicationChange,
  templateListing,
  templateRead,
  templateSave,
  templateDelete,
  keyListing,
  openapiRead,
  healthRead,
  readinessRead,
  metricsRead,
];

/** Calls of a development server only. */
export const sandboxRoutes: readonly Route[] = [
  sandboxMessageListing,
  sandboxClockAdvance,
  sandboxReset,
];
