import type { CanonicalTool, JsonValue } from "casr-cli/provider";

/** Longer texts are cut: the interface folds them anyway. */
const LONGEST = 30_000;

const cut = (text: string): string => (text.length <= LONGEST ? text : text.slice(0, LONGEST));

function hunk(oldText: string, newText: string): JsonValue {
  const before = oldText === "" ? [] : oldText.split("\n");
  const after = newText === "" ? [] : newText.split("\n");
  return {
    oldStart: 1,
    oldLines: before.length,
    newStart: 1,
    newLines: after.length,
    lines: [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)],
  };
}

/**
 * `toolUseResult` of a result: what Claude Code's interface shows for it. The model never sees it.
 * `text` is the payload; `raw` the text in the record. Undefined for tools whose details are not known.
 */
export function resultDetails(
  tool: CanonicalTool | undefined,
  result: { text: string; raw: string; isError: boolean; hasImages: boolean },
): JsonValue | undefined {
  if (result.isError) return `Error: ${cut(result.raw)}`;
  if (tool === undefined || result.hasImages) return undefined;
  const text = cut(result.text);
  switch (tool.kind) {
    case "shell":
      return { stdout: text, stderr: "", interrupted: false, isImage: false, noOutputExpected: false };
    case "read": {
      const lines = text.split("\n").length;
      const startLine = tool.startLine ?? 1;
      return {
        type: "text",
        file: {
          filePath: tool.path,
          content: text,
          numLines: lines,
          startLine,
          totalLines: startLine + lines - 1,
        },
      };
    }
    case "write":
      return {
        type: "create",
        filePath: tool.path,
        content: cut(tool.content),
        structuredPatch: [],
        originalFile: null,
        userModified: false,
      };
    case "edit":
      return {
        filePath: tool.path,
        oldString: cut(tool.edit.oldText),
        newString: cut(tool.edit.newText),
        originalFile: null,
        structuredPatch: [hunk(cut(tool.edit.oldText), cut(tool.edit.newText))],
        userModified: false,
        replaceAll: tool.edit.replaceAll ?? false,
      };
    case "glob": {
      const filenames = text === "" ? [] : text.split("\n");
      return { filenames, durationMs: 0, numFiles: filenames.length, truncated: false };
    }
    case "grep":
      return {
        mode: "content",
        numFiles: 0,
        filenames: [],
        content: text,
        numLines: text === "" ? 0 : text.split("\n").length,
      };
    default:
      return undefined;
  }
}
