/**
 * The stream of events, kept open while the page is looked at. A browser opens six connections to a
 * server that speaks HTTP/1.1, for all its tabs together; so a tab that nobody sees gives its own
 * back after a while, and reads everything again when it is shown.
 */

const hiddenMaxMs = 30_000;
const reopenMs = 3_000;
const kinds = ['message', 'verification', 'clock', 'reset'];

/**
 * @param {object} handlers
 * @param {() => void} handlers.onOpen Called at each opening: what came before may be missing.
 * @param {(kind: string, data: any) => void} handlers.onEvent
 * @param {(isLive: boolean) => void} handlers.onState
 */
export function listen({ onOpen, onEvent, onState }) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function open() {
    source?.close();
    source = new EventSource('/phone/events');
    source.addEventListener('open', () => {
      onState(true);
      onOpen();
    });
    source.addEventListener('error', () => {
      onState(false);
      // After a refusal (too many phones, a proxy's error page) a browser does not try again.
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenMs);
    });
    for (const kind of kinds) {
      source.addEventListener(kind, (event) => {
        onEvent(kind, JSON.parse(/** @type {MessageEvent<string>} */ (event).data));
      });
    }
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(() => {
        source?.close();
        source = null;
      }, hiddenMaxMs);
    } else if (source === null || source.readyState === EventSource.CLOSED) {
      open();
    }
  });
  open();
}
