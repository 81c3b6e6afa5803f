/*
 * The agent's tools and the common vocabulary, both ways. A call in the common form can be written as the
 * own tool of any other agent; what has no field there stays in `rest` under its own name.
 */
import type { CanonicalTool, JsonObject, JsonValue, NativeCall } from "casr-cli/provider";
import { isObject } from "./native.ts";

type Types = Record<string, "string" | "number">;

/** Splits arguments into those of the given names and types, and the rest. Undefined when a type is wrong. */
function take(
  args: JsonObject,
  types: Types,
): { taken: JsonObject; rest: { rest?: JsonObject } } | undefined {
  const taken: JsonObject = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(args)) {
    if (!Object.hasOwn(types, key)) rest[key] = value;
    else if (typeof value === types[key]) taken[key] = value;
    else return undefined;
  }
  return { taken, rest: Object.keys(rest).length === 0 ? {} : { rest } };
}

/** A call of the agent in the common vocabulary; undefined for other tools and for arguments of other types. */
export function toCanonical(name: string, args: JsonValue): CanonicalTool | undefined {
  if (!isObject(args)) return undefined;
  if (name === "run") {
    const found = take(args, { command: "string", folder: "string" });
    const { command, folder } = found?.taken ?? {};
    if (found === undefined || typeof command !== "string") return undefined;
    const workdir = typeof folder === "string" ? { workdir: folder } : {};
    return { kind: "shell", command, ...workdir, ...found.rest };
  }
  if (name === "open") {
    const found = take(args, { path: "string", line: "number", lines: "number" });
    const { path, line, lines } = found?.taken ?? {};
    if (found === undefined || typeof path !== "string") return undefined;
    return {
      kind: "read",
      path,
      ...(typeof line === "number" ? { startLine: line } : {}),
      ...(typeof lines === "number" ? { lineCount: lines } : {}),
      ...found.rest,
    };
  }
  return undefined;
}

/** `own` with the members of `rest` behind it; members of `own` win. */
function withRest(own: JsonObject, rest: JsonObject | undefined): JsonObject {
  return { ...own, ...Object.fromEntries(Object.entries(rest ?? {}).filter(([key]) => !(key in own))) };
}

/** The agent's own form of a call; undefined where it has no such tool. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  if (tool.kind === "shell") {
    const { command, workdir, timeoutMs, description, background, rest } = tool;
    const own: JsonObject = { command };
    if (workdir !== undefined) own["folder"] = workdir;
    // Arguments the agent does not have stay visible to its model.
    const more: JsonObject = { ...rest };
    if (timeoutMs !== undefined) more["timeout_ms"] = timeoutMs;
    if (description !== undefined) more["description"] = description;
    if (background !== undefined) more["background"] = background;
    return { name: "run", input: withRest(own, more) };
  }
  if (tool.kind === "read") {
    const { path, startLine, lineCount, rest } = tool;
    const own: JsonObject = { path };
    if (startLine !== undefined) own["line"] = startLine;
    if (lineCount !== undefined) own["lines"] = lineCount;
    return { name: "open", input: withRest(own, rest) };
  }
  return undefined;
}
