import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Value from 'typebox/value';

/** What `docs/reference/events` says of an event. */
function schemaOf(type: string): object {
  const [kind] = type.split('.');
  const file = new URL(`../../../../docs/reference/events/${kind}.schema.json`, import.meta.url);
  return exact(JSON.parse(readFileSync(file, 'utf8')));
}

/** Readers are told that fields may be added; our own events have none that is not described. */
function exact(schema: Readonly<Record<string, unknown>>): object {
  const { properties } = schema;
  if (typeof properties !== 'object' || properties === null) return schema;
  const inner = Object.entries(properties).map(([name, one]) => [name, exact(one)]);
  return { ...schema, additionalProperties: false, properties: Object.fromEntries(inner) };
}

/** The event as it was parsed, found to be as its schema says. */
export function checkedEvent(value: Buffer | string | null) {
  const event = JSON.parse(String(value));
  const errors = Value.Errors(schemaOf(String(event.type)), event);
  assert.deepEqual(errors, [], JSON.stringify(event));
  return event;
}
