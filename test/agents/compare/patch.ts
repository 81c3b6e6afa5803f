import type { JsonObject } from "../../../src/session/json.ts";

/**
 * Reads the `*** Begin Patch` notation into the same actions that edit and write calls are read into.
 * Undefined when it is no such patch.
 */
export function parsePatch(text: string, resolve: (path: string) => string): JsonObject[] | undefined {
  const lines = text.trim().split("\n");
  if (lines.shift()?.trim() !== "*** Begin Patch") return undefined;
  const actions: JsonObject[] = [];
  let file: { op: string; path: string; lines: string[] } | undefined;
  const finish = (): void => {
    if (file !== undefined) actions.push(...fileActions(file.op, resolve(file.path), file.lines, resolve));
    file = undefined;
  };
  for (const line of lines) {
    const header = /^\*\*\* (Add|Update|Delete) File: (.*)$/.exec(line);
    if (header !== null) {
      finish();
      file = { op: header[1]!, path: header[2]!.trim(), lines: [] };
    } else if (line.trim() === "*** End Patch") {
      break;
    } else {
      file?.lines.push(line);
    }
  }
  finish();
  return actions;
}

function fileActions(
  op: string,
  path: string,
  lines: readonly string[],
  resolve: (path: string) => string,
): JsonObject[] {
  if (op === "Delete") return [{ do: "delete", path }];
  if (op === "Add") return [{ do: "write", path, content: lines.map((line) => line.slice(1)).join("\n") }];
  const actions: JsonObject[] = [];
  let before: string[] = [];
  let after: string[] = [];
  const finish = (): void => {
    if (before.length + after.length > 0)
      actions.push({ do: "edit", path, before: before.join("\n"), after: after.join("\n"), all: false });
    before = [];
    after = [];
  };
  for (const line of lines) {
    if (line.startsWith("*** Move to: "))
      actions.push({ do: "move", path, to: resolve(line.slice(13).trim()) });
    else if (line.startsWith("@@")) finish();
    else if (line.startsWith("-")) before.push(line.slice(1));
    else if (line.startsWith("+")) after.push(line.slice(1));
    else if (!line.startsWith("*** ")) {
      before.push(line.slice(1));
      after.push(line.slice(1));
    }
  }
  finish();
  return actions;
}
