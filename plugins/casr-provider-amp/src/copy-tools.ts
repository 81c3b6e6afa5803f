import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject } from "./json.ts";

interface Names {
  name: string;
  /** Arguments by Amp's name. */
  keys: Readonly<Record<string, string>>;
}

/** Claude Code's tools that Amp's import turns into Amp's own (0.0.1790142911); all others it leaves as they are. */
const CLAUDE: Readonly<Record<string, Names>> = {
  Bash: { name: "Bash", keys: { cmd: "command" } },
  Read: { name: "Read", keys: { path: "file_path" } },
  edit_file: { name: "Edit", keys: { path: "file_path", old_str: "old_string", new_str: "new_string" } },
  create_file: { name: "Write", keys: { path: "file_path" } },
  Grep: { name: "Grep", keys: {} },
  glob: { name: "Glob", keys: { filePattern: "pattern" } },
  read_web_page: { name: "WebFetch", keys: { objective: "prompt" } },
  web_search: { name: "WebSearch", keys: { objective: "query" } },
};

const AMP = new Map(Object.entries(CLAUDE).map(([name, { name: claude }]) => [claude, name]));

export interface NamedCall {
  name: string;
  input: JsonValue;
}

function renamed(input: JsonObject, keys: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [Object.hasOwn(keys, key) ? keys[key]! : key, value]),
  );
}

/** A call of Amp's as Claude Code would have made it. */
export function toClaude({ name, input }: NamedCall): NamedCall {
  const names = Object.hasOwn(CLAUDE, name) ? CLAUDE[name] : undefined;
  if (names === undefined || !isObject(input)) return { name, input };
  const claude = renamed(input, names.keys);
  const range = claude["read_range"];
  const taken = "offset" in input || "limit" in input;
  if (name === "Read" && !taken && Array.isArray(range) && range.length === 2) {
    const [first, last] = range;
    if (typeof first === "number" && typeof last === "number" && last >= first) {
      const { read_range: _range, ...others } = claude;
      return { name: names.name, input: { ...others, offset: first, limit: last - first + 1 } };
    }
  }
  return { name: names.name, input: claude };
}

/** The call of Amp's that `toClaude` turned into this one; not exact for calls with keys of both agents. */
export function fromClaude({ name, input }: NamedCall): NamedCall {
  const amp = AMP.get(name);
  if (amp === undefined || !isObject(input)) return { name, input };
  const back = Object.fromEntries(Object.entries(CLAUDE[amp]!.keys).map(([own, claude]) => [claude, own]));
  const native = renamed(input, back);
  const { offset, limit, ...others } = native;
  if (amp === "Read" && typeof offset === "number" && typeof limit === "number")
    return { name: amp, input: { ...others, read_range: [offset, offset + limit - 1] } };
  return { name: amp, input: native };
}
