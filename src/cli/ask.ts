import { createInterface } from "node:readline/promises";
import { CasrError } from "../core/errors.ts";

/**
 * Asks questions on the terminal, one line each; an empty answer takes the value offered. The questions go to
 * stderr: stdout is for results. Rejects when `signal` is aborted, and with `usage` when the input ends.
 */
export class Questions implements Disposable {
  readonly #lines = createInterface({ input: process.stdin, output: process.stderr });
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    const ended = new AbortController();
    // In a terminal's raw mode Ctrl-C is a key: it becomes the signal that every command knows.
    this.#lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    this.#lines.once("close", () => {
      ended.abort(new CasrError("usage", "The input ended before every question was answered."));
    });
    this.#signal = AbortSignal.any([signal, ended.signal]);
  }

  /** The answer, once `check` takes it; what `check` throws is shown and the question asked again. */
  async ask(question: string, offered: string, check: (answer: string) => string): Promise<string> {
    for (;;) {
      const shown = offered === "" ? `${question}: ` : `${question} [${offered}]: `;
      const answer = await this.#answerTo(shown);
      try {
        return check(answer === "" ? offered : answer);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        process.stderr.write(`  ${error.message}\n`);
      }
    }
  }

  async #answerTo(shown: string): Promise<string> {
    try {
      return (await this.#lines.question(shown, { signal: this.#signal })).trim();
    } catch (error) {
      // What readline throws does not say why; the signal does.
      const reason: unknown = this.#signal.reason;
      throw reason instanceof Error ? reason : error;
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }
}
