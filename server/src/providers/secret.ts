import Type, { type Static } from 'typebox';

/** A secret in the configuration: the name of an environment variable, or the value itself. */
export const secretSchema = Type.Union(
  [
    Type.String(),
    Type.Object({ env: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  ],
  { description: '{"env": "NAME"}, the name of an environment variable, or the secret itself' },
);

export type SecretSetting = Static<typeof secretSchema>;

export type Environment = Readonly<Record<string, string | undefined>>;

export type SecretReading =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly error: string };

// A shorter one could not be hidden in a log without shredding the rest of the line.
const secretLengthMin = 4;

/** Reads a secret's value; the words on failure name where it was looked for, never the value. */
export function readSecret(setting: SecretSetting, environment: Environment): SecretReading {
  const isNamed = typeof setting !== 'string';
  const place = isNamed ? `the environment variable ${setting.env}` : 'the configuration';
  const value = isNamed ? environment[setting.env] : setting;
  if (value === undefined || value === '') return { ok: false, error: `${place} is not set` };
  if (value.length < secretLengthMin) {
    return { ok: false, error: `${place} has fewer than ${secretLengthMin} characters` };
  }
  if (/\p{Cc}/u.test(value)) {
    return { ok: false, error: `${place} holds control characters, such as a line break` };
  }
  return { ok: true, value };
}
