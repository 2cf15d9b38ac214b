import { apiKeyCreate } from '#cli/api-key-create.ts';
import { apiKeyList } from '#cli/api-key-list.ts';
import { apiKeyRevoke } from '#cli/api-key-revoke.ts';
import { applicationChange } from '#cli/application-change.ts';
import { applicationCreate } from '#cli/application-create.ts';
import { applicationList } from '#cli/application-list.ts';
import { applicationShow } from '#cli/application-show.ts';
import { check } from '#cli/check.ts';
import type { Command } from '#cli/command.ts';
import { credentialsCreate } from '#cli/credentials-create.ts';
import { credentialsList } from '#cli/credentials-list.ts';
import { credentialsRevoke } from '#cli/credentials-revoke.ts';
import { dev } from '#cli/dev.ts';
import { doctor } from '#cli/doctor.ts';
import { keysGenerate } from '#cli/keys-generate.ts';
import { keysRotate } from '#cli/keys-rotate.ts';
import { migrate } from '#cli/migrate.ts';
import { providerTest } from '#cli/provider-test.ts';
import { send } from '#cli/send.ts';
import { serve } from '#cli/serve.ts';
import { templateDelete } from '#cli/template-delete.ts';
import { templateImport } from '#cli/template-import.ts';
import { templateList } from '#cli/template-list.ts';
import { templateSave } from '#cli/template-save.ts';
import { templateShow } from '#cli/template-show.ts';

/** Every command, in the order that the help shows. */
export const commands: readonly Command[] = [
  dev,
  serve,
  migrate,
  doctor,
  keysGenerate,
  keysRotate,
  applicationCreate,
  applicationList,
  applicationShow,
  applicationChange,
  apiKeyCreate,
  apiKeyList,
  apiKeyRevoke,
  credentialsCreate,
  credentialsList,
  credentialsRevoke,
  templateList,
  templateShow,
  templateSave,
  templateImport,
  templateDelete,
  providerTest,
  send,
  check,
];
