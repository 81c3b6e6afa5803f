import { parsePatch } from "../../session/patch.ts";
import { pngBase64 } from "./png.ts";
import { call, image, reasoning, result, Script, text, type GoldenSession } from "./script.ts";

const PATCH = [
  "*** Begin Patch",
  "*** Add File: docs/greeting.md",
  "+# Greeting",
  "+",
  "+Says hello in many languages.",
  "*** Update File: src/greeting.ts",
  "@@",
  " export function greet(name: string): string {",
  "-  return `Hello ${name}`;",
  "+  return `Hello, ${name}!`;",
  " }",
  "*** End Patch",
].join("\n");

/** About 9,000 characters: long, and still below the length from which agents cut outputs when they replay them. */
const LONG_OUTPUT = Array.from(
  { length: 210 },
  (_, number) =>
    `ok ${String(number + 1).padStart(3, "0")} - greets visitor ${number + 1} in language ${number % 24}`,
).join("\n");

const checkerboard = (): string =>
  pngBase64(24, 24, (x, y) => (((x >> 2) + (y >> 2)) % 2 === 0 ? [230, 60, 60] : [250, 250, 245]));

const gradient = (): string => pngBase64(32, 20, (x, y) => [x * 8, y * 12, 160]);

/**
 * A day's work with everything a target has to hold: several turns, scripts of many kinds, shell calls that work
 * and fail, parallel calls with answers out of order, reasoning, pictures, a long output, an unknown tool.
 */
export function conversation(workspace: string): GoldenSession {
  const file = `${workspace}/src/greeting.ts`;
  const script = new Script()
    .user(
      "Please look at the greeting in this project. 你好，世界！ こんにちは 👋🏽👩‍👩‍👧 — مرحبا بالعالم, שלום, e\u0301 and Zürich.",
    )
    .assistant(
      reasoning("The person wants the greeting checked. First the tests, then the source."),
      "I run the tests first.",
      call(
        "call-shell-ok",
        "terminal",
        { line: "npm test", folder: workspace },
        {
          kind: "shell",
          command: "npm test",
          workdir: workspace,
        },
      ),
    )
    .tool(result("call-shell-ok", LONG_OUTPUT, { exitCode: 0, durationMs: 1250 }))
    .assistant(
      "All green. Now the source, its neighbours, and where it is used.",
      call("call-read", "open_file", { file }, { kind: "read", path: file }),
      call(
        "call-grep",
        "find_text",
        { regex: "greet\\(", folder: workspace },
        {
          kind: "grep",
          pattern: "greet\\(",
          path: workspace,
        },
      ),
      call("call-glob", "find_files", { wildcard: "src/**/*.ts" }, { kind: "glob", pattern: "src/**/*.ts" }),
    )
    .tool(
      result("call-glob", "src/greeting.ts\nsrc/main.ts"),
      result("call-read", "export function greet(name: string): string {\n  return `Hello ${name}`;\n}"),
    )
    .tool(result("call-grep", "src/main.ts:3:console.log(greet(process.argv[2]));"))
    .assistant(
      "The comma is missing. I write down a plan.",
      call(
        "call-todo",
        "plan",
        {
          steps: [
            { step: "Fix the greeting", state: "in_progress" },
            { step: "Add notes 📝", state: "pending" },
          ],
        },
        {
          kind: "todo",
          items: [
            { text: "Fix the greeting", status: "in_progress" },
            { text: "Add notes 📝", status: "pending" },
          ],
        },
      ),
    )
    .tool(result("call-todo", "The plan has 2 steps."))
    .assistant(
      call(
        "call-patch",
        "change",
        { patch: PATCH },
        {
          kind: "patch",
          text: PATCH,
          changes: parsePatch(PATCH)!,
        },
      ),
    )
    .tool(result("call-patch", "A docs/greeting.md\nM src/greeting.ts"))
    .assistant("The greeting has its comma now, and there is a page about it in `docs/greeting.md`.")
    .user(text("This is how it should look:"), image(checkerboard(), "wanted.png"), text("Can you compare?"))
    .assistant(
      "I take a picture of the page.",
      call(
        "call-mcp",
        "mcp__browser__screenshot",
        { page: "http://localhost:8080/", full: true },
        {
          kind: "mcp",
          server: "browser",
          tool: "screenshot",
          args: { page: "http://localhost:8080/", full: true },
        },
      ),
    )
    .tool(result("call-mcp", [text("32 × 20 pixels"), image(gradient())]))
    .assistant(
      reasoning("The colours differ. The style file may be missing."),
      call(
        "call-shell-bad",
        "terminal",
        { line: "cat style.css && exit 2" },
        {
          kind: "shell",
          command: "cat style.css && exit 2",
        },
      ),
    )
    .tool(
      result("call-shell-bad", "cat: style.css: No such file or directory", { isError: true, exitCode: 1 }),
    )
    .assistant(
      "There is no style file yet.",
      call(
        "call-read-bad",
        "open_file",
        { file: `${workspace}/theme.css`, from: 10, count: 20 },
        {
          kind: "read",
          path: `${workspace}/theme.css`,
          startLine: 10,
          lineCount: 20,
        },
      ),
      call(
        "call-search",
        "ask_web",
        { words: "css checkerboard background" },
        {
          kind: "web-search",
          query: "css checkerboard background",
        },
      ),
    )
    .tool(
      result("call-read-bad", "The file does not exist.", { isError: true }),
      result("call-search", "1. Checkerboards with conic-gradient\n2. Patterns in plain CSS"),
    )
    .assistant(
      "I add one.",
      call(
        "call-write",
        "save_file",
        { file: `${workspace}/style.css`, text: "body {\n  margin: 0;\n}\n" },
        {
          kind: "write",
          path: `${workspace}/style.css`,
          content: "body {\n  margin: 0;\n}\n",
        },
      ),
    )
    .tool(result("call-write", "Saved."))
    .assistant(
      call(
        "call-edit",
        "swap_text",
        { file, old: "Hello", new: "Hi" },
        {
          kind: "edit",
          path: file,
          edit: { oldText: "Hello", newText: "Hi" },
        },
      ),
      call("call-unknown", "brew_tea", { kind: "绿茶", minutes: 3, with: ["lemon", null, 0.5], nested: {} }),
      call("call-silent", "terminal", { line: "true" }, { kind: "shell", command: "true" }),
    )
    .tool(
      result("call-edit", "1 place changed."),
      result("call-unknown", "Tea is ready 🍵\n\twith\ttabs\n"),
      result("call-silent", [], { exitCode: 0 }),
    )
    .assistant("Style and greeting are done.\n\n```css\nbody {\n  margin: 0;\n}\n```\n\nAnything else?")
    .aside("command", "$ git status --short\n M src/greeting.ts\n?? style.css")
    .user("No. One sentence as a summary, please: “what changed” & <why>?")
    .assistant(
      "The greeting got its comma because the tests never looked at it; a style file and a page came along.",
    );
  return script.session("conversation", workspace, {
    title: "Greeting: 你好 👋🏽 مرحبا",
    git: { branch: "main", commit: "0123456789abcdef0123456789abcdef01234567" },
  });
}
