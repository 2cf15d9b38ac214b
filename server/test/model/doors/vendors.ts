/** Vendors' clients: with the credentials of an application, and a token where they need one. */
import type { Client } from '../client.ts';
import { type Asking, type ObservedAnswer, vendors } from '../operations.ts';
import type { Target } from '../targets.ts';
import type { Door } from './door.ts';
import { doors } from './doors.ts';

export interface Vendors {
  ask(
    url: string,
    operation: Asking,
    idOf: (verification: string) => string,
  ): Promise<ObservedAnswer>;
}

export function createVendors(target: Target, client: Client): Vendors {
  const tokens = new Map<string, string>();

  async function login(url: string, { name, login: by }: Door, { application }: Asking) {
    if (by === undefined) return null;
    const credentials = await target.credentialsOf(application, name);
    const token = by.tokenOf(await client.send(url, by.request(credentials)));
    tokens.set(`${application} ${name}`, token);
    return token;
  }

  return {
    async ask(url, operation, idOf) {
      const { application, door: asked } = operation;
      const name = vendors.find((vendor) => vendor === asked);
      if (name === undefined) throw new Error(`${asked} is no vendor's door.`);
      const door = doors[name];
      const credentials = await target.credentialsOf(application, name);
      const known = tokens.get(`${application} ${name}`);
      const token = known ?? (await login(url, door, operation));
      const request = door.request(operation, { credentials, token, idOf });
      let answer = await client.send(url, request);
      // The clock that is moved ages tokens, and what is refused for one has had no effect.
      if (answer.status === 401 && known !== undefined) {
        const renewed = await login(url, door, operation);
        const again = door.request(operation, { credentials, token: renewed, idOf });
        answer = await client.send(url, again);
      }
      return { ...answer, shown: door.read(operation, answer) };
    },
  };
}
