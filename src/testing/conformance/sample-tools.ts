import { parsePatch } from "../../session/patch.ts";
import type { CanonicalTool } from "../../session/tool-types.ts";

const patch = (...lines: string[]): CanonicalTool => {
  const text = ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
  return { kind: "patch", text, changes: parsePatch(text)! };
};

/** One or more everyday calls of every kind. A writer that claims a kind takes at least one of them. */
export const SAMPLE_TOOLS: CanonicalTool[] = [
  { kind: "shell", command: "ls -l" },
  { kind: "shell", command: "make", workdir: "/work/app", timeoutMs: 1000, description: "build it" },
  { kind: "read", path: "/work/app/a.txt" },
  { kind: "read", path: "/work/app/a.txt", startLine: 3, lineCount: 10 },
  { kind: "write", path: "/work/app/a.txt", content: "one\n" },
  { kind: "edit", path: "/work/app/a.txt", edit: { oldText: "one\n", newText: "two\n" } },
  {
    kind: "edit",
    path: "/work/app/a.txt",
    edit: { oldText: "  one\n  two", newText: "  two", replaceAll: false },
  },
  {
    kind: "multi-edit",
    path: "/work/app/a.txt",
    edits: [
      { oldText: "  one\n  two", newText: "  1\n  2" },
      { oldText: "  three\n  four", newText: "  3\n  4" },
    ],
  },
  patch("*** Add File: b.txt", "+one"),
  patch("*** Update File: a.txt", "@@", " one", "-two", "+three"),
  { kind: "list", path: "/work/app" },
  { kind: "glob", pattern: "**/*.ts" },
  { kind: "glob", pattern: "*.ts", path: "/work/app" },
  { kind: "grep", pattern: "one" },
  { kind: "grep", pattern: "one", path: "/work/app", include: "*.txt" },
  { kind: "web-fetch", url: "https://example.com/" },
  { kind: "web-fetch", url: "https://example.com/", prompt: "the title of https://example.com/" },
  { kind: "web-search", query: "example" },
  { kind: "todo", items: [{ text: "one", status: "pending" }] },
  { kind: "task", prompt: "Count the files." },
  { kind: "task", prompt: "Count the files.", description: "count", agent: "general-purpose" },
  {
    kind: "ask-user",
    questions: [
      {
        question: "Which port?",
        header: "Port",
        options: [
          { label: "80", description: "web" },
          { label: "81", description: "other" },
        ],
        multiSelect: false,
      },
    ],
  },
  { kind: "view-image", path: "/work/app/a.png" },
  { kind: "mcp", server: "tickets", tool: "lookup", args: { id: 1 } },
];
