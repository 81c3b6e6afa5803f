import { createInterface } from "node:readline/promises";

/**
 * Asks questions on the terminal, one line each; an empty answer takes the value offered. The questions go to
 * stderr: stdout is for results. Ends with an `AbortError` when `signal` is aborted or the input ends.
 */
export class Questions implements Disposable {
  readonly #lines = createInterface({ input: process.stdin, output: process.stderr });
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    const ended = new AbortController();
    this.#lines.once("close", () => ended.abort());
    this.#signal = AbortSignal.any([signal, ended.signal]);
  }

  /** The answer, once `check` takes it; what `check` throws is shown and the question asked again. */
  async ask(question: string, offered: string, check: (answer: string) => string): Promise<string> {
    for (;;) {
      const shown = offered === "" ? `${question}: ` : `${question} [${offered}]: `;
      const answer = (await this.#lines.question(shown, { signal: this.#signal })).trim();
      try {
        return check(answer === "" ? offered : answer);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        process.stderr.write(`  ${error.message}\n`);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }
}
