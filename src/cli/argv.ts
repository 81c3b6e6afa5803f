/** Words that are commands of the host: never taken for a provider. */
export const HOST_COMMANDS: ReadonlySet<string> = new Set([
  "complete",
  "completions",
  "doctor",
  "help",
  "index",
  "info",
  "list",
  "plugins",
  "providers",
  "resume",
]);

/** Flags every command has; they may stand before the command. None takes a value. */
const GLOBAL_FLAGS: ReadonlySet<string> = new Set(["--json", "--verbose", "--trace"]);

/** How many messages `--peek` shows when no number follows it. */
const DEFAULT_PEEK = 5;

const SHORTHAND = /^-([a-z][a-z0-9-]+)$/i;

/** Puts `flags` where every command sees them: before `--`, else at the end. */
function withFlags(words: string[], flags: string[]): string[] {
  const end = words.indexOf("--");
  return end === -1 ? [...words, ...flags] : [...words.slice(0, end), ...flags, ...words.slice(end)];
}

/** Splits the leading global flags from the rest. */
function splitGlobalFlags(words: readonly string[]): { flags: string[]; rest: string[] } {
  const first = words.findIndex((word) => !GLOBAL_FLAGS.has(word));
  const count = first === -1 ? words.length : first;
  return { flags: words.slice(0, count), rest: words.slice(count) };
}

/** Gives a `--peek` without a number its default: the parser has no flags with optional values. */
function completePeek(words: string[]): string[] {
  const end = words.indexOf("--");
  return words.map((word, index) => {
    const isBare = word === "--peek" && (end === -1 || index < end) && !/^\d+$/.test(words[index + 1] ?? "");
    return isBare ? `--peek=${DEFAULT_PEEK}` : word;
  });
}

/** `help [command…]` in the form the parser knows. */
function helpWords(words: string[]): string[] {
  return words.includes("--help") ? words : [...words, "--help"];
}

function hostCommand(command: string, rest: string[], flags: string[]): string[] {
  if (command === "help") return helpWords(rest);
  return withFlags([command, ...(command === "info" ? completePeek(rest) : rest)], flags);
}

/** `-h` as the parser's `--help`, before any `--`. */
function longHelp(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((word, index) => (word === "-h" && (end === -1 || index < end) ? "--help" : word));
}

/**
 * Maps the short grammars to the one oclif knows, by looking at the words alone:
 * `<target> resume <session>` and `-<target> <session>` become `resume --to <target> <session>`.
 * Words that are host commands, and everything after `--`, stay as they are.
 */
export function rewriteArgv(argv: readonly string[]): string[] {
  // What follows `complete` is somebody else's half-typed command line.
  return argv[0] === "complete" ? [...argv] : rewrite(longHelp(argv));
}

function rewrite(argv: readonly string[]): string[] {
  const { flags, rest } = splitGlobalFlags(argv);
  const [first, ...others] = rest;
  if (first === undefined || first === "--") return [...argv];
  if (first === "-help") return helpWords(others);
  if (first === "-V" || first === "-version") return ["--version"];
  const shorthand = SHORTHAND.exec(first)?.[1];
  if (shorthand !== undefined) {
    const words = others[0] === "resume" ? others.slice(1) : others;
    return withFlags(["resume", "--to", shorthand, ...words], flags);
  }
  if (first.startsWith("-")) return [...argv];
  if (HOST_COMMANDS.has(first)) return hostCommand(first, others, flags);
  const inner = splitGlobalFlags(others);
  if (inner.rest[0] === "resume") {
    return withFlags(["resume", "--to", first, ...inner.rest.slice(1)], [...flags, ...inner.flags]);
  }
  return withFlags([first, ...others], flags);
}

/** Whether the words ask for JSON output: `--json` before any `--`. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).includes("--json");
}
