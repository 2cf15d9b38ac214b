import type { Config } from './config.ts';

/**
 * What stopped the start, for the person who has to mend it. Our own errors bring their sentences,
 * one on each line; what the system says is put into words here.
 */
export function startFailure(error: unknown, { host, port, data }: Config): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return (
        `Another program listens at ${host}:${port}. Stop it, or set WATCHWORD_PORT to a free ` +
        'port.'
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${host}. Correct WATCHWORD_HOST.`;
    default:
  }
  if (syscall === 'listen') {
    return `This user may not listen at ${host}:${port}. Set WATCHWORD_PORT to one above 1023.`;
  }
  if (syscall !== undefined) {
    return `${path ?? data} cannot be used (${code}). Mend its rights, or change WATCHWORD_DATA.`;
  }
  return error.message;
}
