import { raceDoors } from './door-races.ts';
import { startDevelopmentServer } from './running-server.ts';

raceDoors({
  name: 'SQLite',
  search: { ok: true, part: 'built in' },
  open: async () => [await startDevelopmentServer()],
  rounds: 3,
});
