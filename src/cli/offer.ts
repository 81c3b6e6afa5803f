import { createInterface } from "node:readline/promises";
import { isCasrError } from "../core/errors.ts";
import { stringAt } from "../session/json.ts";
import { sanitizeLine } from "./render/text.ts";

/** What a run can tell of who is at its other end. */
export interface Ends {
  stdin: { isTTY?: boolean };
  stdout: { isTTY?: boolean };
  stderr: { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
}

/** Whether somebody sits there who can be asked: never in a pipe, a script or a CI job. */
export function canAsk({ stdin, stdout, stderr, env }: Ends): boolean {
  const isTerminal = [stdin, stdout, stderr].every((stream) => stream.isTTY === true);
  return isTerminal && !env["CI"] && env["TERM"] !== "dumb";
}

/** The package with which a run that failed would have known its agent. */
export function installableFrom(error: unknown): string | undefined {
  return isCasrError(error) && error.code === "unknown-provider"
    ? stringAt(error.context, "install")
    : undefined;
}

/** Asks on stderr whether to install a package; only a plain yes is one. End of input and Ctrl-C are no. */
export async function agreesToInstall(name: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  lines.once("close", () => gone.abort()).once("SIGINT", () => gone.abort());
  try {
    const question = `Install ${sanitizeLine(name)} now, from the npm registry? [y/N] `;
    const answer = await lines.question(question, { signal: gone.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (!gone.signal.aborted && !(error instanceof Error && error.name === "AbortError")) throw error;
    process.stderr.write("\n");
    return false;
  } finally {
    lines.close();
  }
}
