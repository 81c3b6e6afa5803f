import type { CanonicalTool, JsonObject, JsonValue, TextEdit } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

function some(rest: JsonObject): { rest?: JsonObject } {
  return Object.keys(rest).length === 0 ? {} : { rest };
}

/** Takes a whole positive number out of `rest`; any other value stays there. */
function taken(rest: JsonObject, key: string, limit: number): number | undefined {
  const value = rest[key];
  if (!Number.isSafeInteger(value) || (value as number) <= 0 || (value as number) > limit) return undefined;
  delete rest[key];
  return value as number;
}

/** Takes a text out of `rest`; any other value stays there. */
function text(rest: JsonObject, key: string): string | undefined {
  const value = rest[key];
  if (typeof value !== "string") return undefined;
  delete rest[key];
  return value;
}

function editsOf(value: JsonValue | undefined): TextEdit[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const edits: TextEdit[] = [];
  for (const item of value) {
    if (!isJsonObject(item) || Object.keys(item).length !== 2) return undefined;
    const { oldText, newText } = item;
    if (typeof oldText !== "string" || typeof newText !== "string") return undefined;
    edits.push({ oldText, newText });
  }
  return edits;
}

/** `edits` since 0.63; one pair of texts before. */
function editTool(path: string, rest: JsonObject): CanonicalTool | undefined {
  const { edits: list, ...others } = rest;
  if (list === undefined) {
    const { oldText, newText, ...left } = others;
    if (typeof oldText !== "string" || typeof newText !== "string") return undefined;
    return { kind: "edit", path, edit: { oldText, newText }, ...some(left) };
  }
  const edits = editsOf(list);
  if (edits === undefined) return undefined;
  const [only, ...more] = edits;
  return more.length === 0
    ? { kind: "edit", path, edit: only!, ...some(others) }
    : { kind: "multi-edit", path, edits, ...some(others) };
}

/** A call in the common vocabulary; undefined for tools without a common kind and for arguments of wrong types. */
export function canonicalTool(name: string, input: JsonValue): CanonicalTool | undefined {
  if (!isJsonObject(input)) return undefined;
  const rest: JsonObject = Object.fromEntries(Object.entries(input));
  if (name === "bash") {
    const command = text(rest, "command");
    if (command === undefined) return undefined;
    const seconds = taken(rest, "timeout", 1e9);
    const timeout = seconds === undefined ? {} : { timeoutMs: seconds * 1000 };
    return { kind: "shell", command, ...timeout, ...some(rest) };
  }
  if (name === "grep" || name === "find") {
    const pattern = text(rest, "pattern");
    if (pattern === undefined) return undefined;
    const path = text(rest, "path");
    const where = path === undefined ? {} : { path };
    if (name === "find") return { kind: "glob", pattern, ...where, ...some(rest) };
    const include = text(rest, "glob");
    return { kind: "grep", pattern, ...where, ...(include === undefined ? {} : { include }), ...some(rest) };
  }
  const path = text(rest, "path");
  if (path === undefined) return undefined;
  switch (name) {
    case "read": {
      const startLine = taken(rest, "offset", Number.MAX_SAFE_INTEGER);
      const lineCount = taken(rest, "limit", Number.MAX_SAFE_INTEGER);
      return {
        kind: "read",
        path,
        ...(startLine === undefined ? {} : { startLine }),
        ...(lineCount === undefined ? {} : { lineCount }),
        ...some(rest),
      };
    }
    case "write": {
      const content = text(rest, "content");
      return content === undefined ? undefined : { kind: "write", path, content, ...some(rest) };
    }
    case "edit":
      return editTool(path, rest);
    case "ls":
      return { kind: "list", path, ...some(rest) };
    default:
      return undefined;
  }
}
