import type { Log } from '#service/log-port.ts';

const nothing = () => {};

/** For tests that look at no log. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
