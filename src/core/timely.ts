import type { World } from "../provider/world.ts";

/** `ms`, or what `CASR_PROVIDER_TIMEOUT` says (in seconds): for very slow disks, and for tests. */
export function patience(world: World, ms: number): number {
  const seconds = Number(world.env["CASR_PROVIDER_TIMEOUT"]);
  return seconds > 0 && seconds < 100_000 ? seconds * 1000 : ms;
}

/** Thrown when something took longer than it may. */
class LateError extends Error {
  constructor(what: string, ms: number) {
    super(`its ${what} did not answer within ${Math.ceil(ms / 1000)} s`);
    this.name = "LateError";
  }
}

/**
 * The promise's value, or a `LateError` after `ms`. The timer keeps the process alive: a promise nobody
 * settles would otherwise end it without a word.
 */
export async function timely<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LateError(what, ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The items, or a `LateError` when the next one takes longer than `ms`. One timer serves all of them. */
export async function* timelyItems<T>(what: string, ms: number, items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  let isLate = false;
  let giveUp: (error: Error) => void = () => {};
  const timer = setTimeout(() => giveUp(new LateError(what, ms)), ms);
  try {
    for (;;) {
      timer.refresh().ref();
      const late = new Promise<never>((_resolve, reject) => (giveUp = reject));
      const next = await Promise.race([iterator.next(), late]).catch((error: unknown) => {
        isLate = error instanceof LateError;
        throw error;
      });
      if (next.done === true) return;
      // What the caller does with it may take as long as it likes.
      timer.unref();
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    // What does not answer would not answer this either.
    if (!isLate) await iterator.return?.();
  }
}
