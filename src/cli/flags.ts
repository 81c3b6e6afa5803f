import { join } from "node:path";
import { custom } from "@oclif/core/flags";
import * as args from "@oclif/core/args";
import { CasrError } from "../core/errors.ts";
import { homeFolder } from "./folders.ts";

/** A whole number from 0, with `k` and `m` for thousands and millions. */
function parseCount(input: string, least: number): number {
  const match = /^(\d{1,12})([km]?)$/i.exec(input.replaceAll("_", ""));
  const factor = { "": 1, k: 1000, m: 1_000_000 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const value = match === null ? NaN : Number(match[1]) * factor;
  if (value >= least) return value;
  throw new CasrError("usage", `"${input}" is not a whole number from ${least}.`, {
    suggestions: ["For example 500, 20k or 1m"],
  });
}

/** A flag that takes a count: `200`, `20k`, `1m`. */
export const count = custom<number, { least?: number }>({
  parse: async (input, _context, options) => parseCount(input, options.least ?? 0),
  helpValue: "N",
});

/** A flag that takes a provider's slug or alias. */
export const provider = custom<string>({ helpValue: "AGENT" });

/** The folder a person means: `~` is the home folder also where no shell has replaced it (`--workspace=~/x`). */
function parseFolder(input: string): string {
  if (input === "") {
    const suggestions = ["For example --workspace . or --workspace ~/project"];
    throw new CasrError("usage", "The name of the folder is empty.", { suggestions });
  }
  const isHome = input === "~" || /^~[/\\]/.test(input);
  return isHome ? join(homeFolder(process.env, process.platform), input.slice(1)) : input;
}

/** A flag that takes a folder. */
export const folder = custom<string>({ helpValue: "FOLDER", parse: async (input) => parseFolder(input) });

/** The arguments that name a session: one word, or a provider and a number. */
export const sessionArgs = {
  session: args.string({
    ignoreStdin: true,
    description: "Id or its start, file, `latest`, `agent:id`, or an agent followed by N.",
  }),
  n: args.string({ ignoreStdin: true, description: "The agent's Nth newest session (1 is the newest)." }),
};

/**
 * The session word for the core from the two arguments. Without any, `--source` alone means the newest
 * session there, or the file it names.
 */
export function sessionWord(
  words: { session?: string | undefined; n?: string | undefined },
  source: string | undefined,
): string {
  const { session, n } = words;
  if (session === undefined) {
    if (source !== undefined) return "latest";
    throw new CasrError("usage", "Name a session.", {
      suggestions: ["See which there are: casr list", "casr info latest", "casr cc resume latest"],
    });
  }
  if (n === undefined) return session;
  if (/^[1-9]\d*$/.test(n)) return `${session} ${n}`;
  throw new CasrError(
    "usage",
    `"${n}" is one word too many: a session is one word, or an agent and a number.`,
    {
      suggestions: [`casr info ${session}`, "casr info codex 2"],
    },
  );
}
