/** The scalar of one line, without its quotes; undefined when it is no plain scalar. */
function scalar(text: string): string | undefined {
  if (text.startsWith('"')) {
    try {
      // Double-quoted YAML has a few more escapes than JSON; the CLI writes none of them.
      const value: unknown = JSON.parse(text);
      return typeof value === "string" ? value : undefined;
    } catch {
      return undefined;
    }
  }
  if (text.startsWith("'"))
    return text.length > 1 && text.endsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : undefined;
  return /^[[{&*!|>%@`#]/.test(text) ? undefined : text;
}

/** The top-level string values of a `workspace.yaml`: one `key: value` a line, or a block of indented lines. */
export function readYaml(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const match = /^([a-z_]{1,40}):(?: +(.*?))?\s*$/.exec(lines[index]!);
    if (match === null) continue;
    const [, key = "", raw = ""] = match;
    if (/^[|>][+-]?$/.test(raw)) {
      const block: string[] = [];
      while (/^(?: +|$)/.test(lines[index + 1] ?? "x")) block.push(lines[(index += 1)]!.trim());
      values.set(key, block.join(raw.startsWith("|") ? "\n" : " ").trim());
      continue;
    }
    const value = scalar(raw);
    if (value !== undefined && value !== "" && value !== "null" && value !== "~") values.set(key, value);
  }
  return values;
}

/** One `key: value` line; strings are quoted, which any text survives. */
export function yamlLine(key: string, value: string | number | boolean): string {
  return `${key}: ${typeof value === "string" ? JSON.stringify(value) : value}\n`;
}
