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
export function timelyItems<T>(what: string, ms: number, items: AsyncIterable<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new TimelyIterator(what, ms, items[Symbol.asyncIterator]()) };
}

/** Written out, not a generator: it stands around every message of a session, and a race makes several promises of each. */
class TimelyIterator<T> implements AsyncIterator<T> {
  readonly #items: AsyncIterator<T>;
  readonly #timer: NodeJS.Timeout;
  #giveUp: (error: Error) => void = () => {};

  constructor(what: string, ms: number, items: AsyncIterator<T>) {
    this.#items = items;
    // Unless items are waited for, as long as the caller works with one, nothing listens.
    this.#timer = setTimeout(() => this.#giveUp(new LateError(what, ms)), ms);
  }

  next(): Promise<IteratorResult<T>> {
    this.#timer.refresh().ref();
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.#take().then(resolve, reject);
    });
  }

  async #take(): Promise<IteratorResult<T>> {
    try {
      const result = await this.#items.next();
      if (result.done === true) clearTimeout(this.#timer);
      // What the caller does with it may take as long as it likes.
      else this.#timer.unref();
      return result;
    } catch (error) {
      clearTimeout(this.#timer);
      throw error;
    }
  }

  /** Called where the caller needs no more; not after a `LateError`: what does not answer would not answer this either. */
  async return(): Promise<IteratorResult<T>> {
    clearTimeout(this.#timer);
    await this.#items.return?.();
    return { done: true, value: undefined };
  }
}
