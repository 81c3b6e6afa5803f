import type { World } from "casr-cli/provider";

/** The few settings of Codex's `config.toml` that matter to casr. */
export interface CodexConfig {
  modelProvider?: string;
  model?: string;
  sqliteHome?: string;
}

const BARE_KEY = /^[A-Za-z0-9_-]+$/;

/** Splits a dotted TOML key; undefined when it is not one. */
function parseKey(text: string): string[] | undefined {
  const parts: string[] = [];
  let rest = text.trim();
  for (;;) {
    const quoted = /^"((?:[^"\\]|\\.)*)"|^'([^']*)'/.exec(rest);
    const bare = quoted === null ? /^[A-Za-z0-9_-]+/.exec(rest) : null;
    const taken = quoted ?? bare;
    if (taken === null) return undefined;
    parts.push(quoted === null ? taken[0] : (quoted[1] ?? quoted[2] ?? ""));
    rest = rest.slice(taken[0].length).trimStart();
    if (rest === "") return parts;
    if (!rest.startsWith(".")) return undefined;
    rest = rest.slice(1).trimStart();
  }
}

function unescape(text: string): string {
  const simple: Record<string, string> = {
    b: "\b",
    t: "\t",
    n: "\n",
    f: "\f",
    r: "\r",
    e: "\u001b",
    '"': '"',
    "\\": "\\",
  };
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g, (whole, four, eight, one) => {
    const code = four ?? eight;
    if (code === undefined) return simple[one] ?? whole;
    const point = Number.parseInt(code, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** A TOML string value that ends on its line; undefined for any other value. */
function parseString(text: string): string | undefined {
  const basic = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text);
  if (basic !== null && !text.startsWith('"""')) return unescape(basic[1] ?? "");
  const literal = /^'([^']*)'\s*(?:#.*)?$/.exec(text);
  return literal === null || text.startsWith("'''") ? undefined : literal[1];
}

/** The delimiter of a multi-line string that `value` opens and does not close. */
function openDelimiter(value: string): string | undefined {
  for (const delimiter of ['"""', "'''"]) {
    if (value.startsWith(delimiter)) return value.indexOf(delimiter, 3) === -1 ? delimiter : undefined;
  }
  return undefined;
}

/** How many brackets a value leaves open, strings and comments aside. */
function openBrackets(text: string): number {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, "").replace(/#.*$/, "");
  let depth = 0;
  for (const char of bare) {
    if (char === "[" || char === "{") depth += 1;
    else if (char === "]" || char === "}") depth -= 1;
  }
  return depth;
}

/**
 * String settings of a TOML text by their full dotted key. Tables, dotted and quoted keys, comments,
 * multi-line strings and arrays are stepped over correctly; values that are not plain strings are left out.
 */
export function parseTomlStrings(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let table: string[] | undefined = [];
  let until: string | undefined;
  let depth = 0;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (until !== undefined) {
      if (line.includes(until)) until = undefined;
      continue;
    }
    if (depth > 0) {
      depth += openBrackets(line);
      continue;
    }
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      const header = /^\[(\[?)(.*?)\]?\]\s*(?:#.*)?$/.exec(line);
      table = header === null || header[1] === "[" ? undefined : parseKey(header[2] ?? "");
      continue;
    }
    const equals = /^((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'=])+?)=\s*(.*)$/.exec(line);
    if (equals === null) continue;
    const value = equals[2] ?? "";
    until = openDelimiter(value);
    if (until !== undefined) continue;
    depth = Math.max(0, openBrackets(value));
    const key = parseKey(equals[1] ?? "");
    const string = parseString(value);
    if (table !== undefined && key !== undefined && string !== undefined) {
      values.set(
        [...table, ...key].map((part) => (BARE_KEY.test(part) ? part : JSON.stringify(part))).join("."),
        string,
      );
    }
  }
  return values;
}

/** The settings in effect in a `config.toml` text: those of the active profile win (codex-cli 0.169.0). */
export function configFrom(text: string): CodexConfig {
  const values = parseTomlStrings(text);
  const profile = values.get("profile");
  const part = profile === undefined || BARE_KEY.test(profile) ? profile : JSON.stringify(profile);
  const setting = (key: string): string | undefined =>
    (part === undefined ? undefined : values.get(`profiles.${part}.${key}`)) ?? values.get(key);
  const modelProvider = setting("model_provider");
  const model = setting("model");
  const sqliteHome = values.get("sqlite_home");
  return {
    ...(modelProvider === undefined ? {} : { modelProvider }),
    ...(model === undefined ? {} : { model }),
    ...(sqliteHome === undefined || sqliteHome === "" ? {} : { sqliteHome }),
  };
}

/** Reads `config.toml`; empty when there is none. */
export async function readConfig(path: string, world: World): Promise<CodexConfig> {
  const text = await world.files.readText(path);
  return text === undefined ? {} : configFrom(text);
}
