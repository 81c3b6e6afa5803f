import { undoPollution } from "./guard/process.ts";

/** Characters JSON leaves as they are but a terminal may obey or hide. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Writes one JSON value to stdout; with `--json` nothing else ever goes there. */
export function writeJson(value: unknown): void {
  undoPollution();
  process.stdout.write(`${JSON.stringify(value, null, 2).replace(UNSAFE, escaped)}\n`);
}

/** Writes lines to stdout. */
export function writeLines(lines: string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

/** Writes lines to stderr. */
export function writeNotes(lines: string[]): void {
  if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
}
