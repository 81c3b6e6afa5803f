export type LogLevel = "none" | "debug" | "trace";

const ORDER: LogLevel[] = ["none", "debug", "trace"];

function levelWord(word: string | undefined): LogLevel {
  const lower = word?.trim().toLowerCase();
  if (lower === "trace") return "trace";
  return lower === "debug" ? "debug" : "none";
}

/** The level a RUST_LOG value gives casr: `casr=debug`, `casr::pipeline=trace`, or a bare `debug`. */
function rustLevel(value: string): LogLevel {
  const levels = value.split(",").map((directive) => {
    const [target = "", level] = directive.split("=", 2);
    if (level === undefined) return levelWord(target);
    return /^casr(?:::|$)/.test(target.trim()) ? levelWord(level) : "none";
  });
  return levels.reduce((most, level) => (ORDER.indexOf(level) > ORDER.indexOf(most) ? level : most), "none");
}

/** How much to log: `--trace`, `--verbose`, CASR_LOG, RUST_LOG (for scripts of the Rust casr), whichever asks for most. */
export function logLevel(
  flags: { verbose: boolean; trace: boolean },
  env: Readonly<Record<string, string | undefined>>,
): LogLevel {
  if (flags.trace) return "trace";
  const level = env["CASR_LOG"] === undefined ? rustLevel(env["RUST_LOG"] ?? "") : levelWord(env["CASR_LOG"]);
  return level === "none" && flags.verbose ? "debug" : level;
}

/** Whether a message of `level` is shown when `wanted` is asked for. */
export function isLogged(level: "debug" | "trace", wanted: LogLevel): boolean {
  return ORDER.indexOf(level) <= ORDER.indexOf(wanted);
}
