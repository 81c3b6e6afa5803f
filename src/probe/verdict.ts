import { stripVTControlCharacters } from "node:util";
import type { RunResult } from "./run/protocol.ts";

/** Why a run led to no question to the model, in one line. */
export interface Obstacle {
  reason: string;
  suggestion?: string;
}

const LOGIN =
  /\b(?:log[ -]?in|logged in|sign[ -]?in|signed in|authenticat\w*|unauthori[sz]ed|api key|credentials?|subscription)\b/i;
const UNKNOWN_OPTION =
  /\b(?:unknown|unexpected|unrecogni[sz]ed|invalid) (?:option|argument|flag|command|subcommand)\b/i;
const LINE_LENGTH = 200;

/** The last thing a program said that a person can read; empty when it said nothing. */
function lastWords(ended: Pick<RunResult, "stdout" | "stderr">): string {
  for (const output of [ended.stderr, ended.stdout]) {
    const lines = stripVTControlCharacters(output)
      // eslint-disable-next-line no-control-regex -- what a hostile program prints must not reach the terminal
      .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, " ")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => /[\p{L}\p{N}]/u.test(line));
    const line =
      lines.find((text) => /\b(?:error|fatal|failed|cannot|refus\w+)\b/i.test(text)) ?? lines.at(-1);
    if (line !== undefined) return line.slice(0, LINE_LENGTH);
  }
  return "";
}

/** What kept a program from asking the model. */
export function obstacleOf(ended: RunResult, timeoutMs: number): Obstacle {
  const words = lastWords(ended);
  const said = words === "" ? "it said nothing" : `it said: ${words}`;
  if (ended.startError !== undefined)
    return { reason: `its program could not be started: ${ended.startError}` };
  const everything = `${ended.stderr}\n${ended.stdout}`;
  if (UNKNOWN_OPTION.test(everything)) {
    return {
      reason: `its program does not know an option it was started with; ${said}`,
      suggestion: "Update the agent, or casr: their versions do not fit together.",
    };
  }
  const refused = ended.requests.find((request) => request.refused);
  const asked = refused === undefined ? "" : ` (it asked for ${refused.method} ${refused.path.slice(0, 80)})`;
  if (LOGIN.test(everything)) {
    return {
      reason: `it wants a login; ${said}${asked}`,
      suggestion: "This agent version cannot be proven without an account.",
    };
  }
  if (ended.timedOut)
    return { reason: `no question reached the model within ${timeoutMs / 1000} s; ${said}${asked}` };
  if (ended.signal !== null) return { reason: `its program crashed (${ended.signal}); ${said}` };
  return {
    reason: `its program ended with ${ended.code ?? "nothing"} and asked the model nothing; ${said}${asked}`,
  };
}
