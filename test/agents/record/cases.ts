import type { CanonicalTool } from "../../../src/session/tool-types.ts";
import { WORKSPACE, type CaseTurn, type RecordCase } from "./case.ts";

const at = (name: string): string => `${WORKSPACE}/${name}`;
const shell = (command: string, description: string): CanonicalTool => ({
  kind: "shell",
  command,
  description,
});
const todo = (done: number): CanonicalTool => ({
  kind: "todo",
  items: ["look around", "write the notes", "check them"].map((text, index) => ({
    text,
    status: index < done ? "completed" : index === done ? "in_progress" : "pending",
  })),
});

const NOTES = '# Notes\n\n- first: žluťoučký kůň\n- second: "quoted", $HOME and `code`\n';

/** Files that lie in the workspace before the first run. */
export const FILES: Readonly<Record<string, string>> = {
  "README.md": "# App\n\nA small project.\n\nIt says hello: 你好, 👋🏽.\n",
  "src/main.ts":
    'export const greeting = "hello";\n\nexport function greet(name: string): string {\n  return `${greeting}, ${name}`;\n}\n',
  "src/empty.txt": "",
};

/** An 8 × 8 picture, all of one colour. */
export const PICTURE = {
  name: "picture.png",
  base64:
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mOQizqBFTEMLQkAGBlQAUe2mrMAAAAASUVORK5CYII=",
};

const last = (text: string): CaseTurn => ({ text });

/** Every conversation that is recorded, in the order of recording. */
export const CASES: readonly RecordCase[] = [
  {
    name: "texts",
    about:
      "two turns of text alone, the second after a resume: thoughts, several scripts, emoji, code, odd spaces",
    runs: [
      {
        prompt:
          'Say hello in a few scripts:\nžluťoučký kůň, 日本語, עברית, 🐎 👩‍💻, e\u0301.\n\n\tIndented, "quoted" & <tagged>.',
        turns: [
          {
            reasoning: "**Greeting**\n\nThe user wants several scripts, so I keep the marks as they are.",
            text: 'Hello — ahoj, こんにちは, שלום, 👋🏽\n\n```ts\nconst s = "\\u2028";\n```\n\n1. <b>No tag</b> &amp; no entity.',
          },
        ],
      },
      { prompt: "Once more, shorter.", turns: [last("Ahoj.\n")] },
    ],
  },
  {
    name: "odd-lines",
    about:
      "line breaks that only some programs know, in a prompt, an answer and an output; a turn after a resume",
    runs: [
      {
        // Gemini CLI 0.61.0 no longer finds a session whose prompt has a U+2028: it reads its files line by line, those too.
        prompt: "Keep the breaks: a\u0085b\u000bc\u000cd.",
        turns: [
          { calls: [{ tool: shell("printf 'e\\342\\200\\250f\\r\\ng\\rh\\n\\n\\n'", "Print odd breaks") }] },
          last("i\u2028j\u2029k.\r\n  \nl"),
        ],
      },
      { prompt: "Again?", turns: [last("No.")] },
    ],
  },
  {
    name: "tools",
    about:
      "parallel calls of reading tools, a failing command, a file written and edited, an edit and a read that fail, a plan, a second turn after a resume",
    runs: [
      {
        prompt: "Look around, then write down what you saw.",
        turns: [
          {
            reasoning: "I look at everything at once.",
            text: "Let me look.",
            calls: [
              { tool: shell("printf 'one\\ntwo\\n'; printf 'err\\n' >&2", "Print two lines") },
              {
                tool: { kind: "read", path: at("README.md") },
                otherwise: shell("cat README.md", "Read the file"),
              },
              { tool: { kind: "list", path: WORKSPACE }, otherwise: shell("ls", "List files") },
              { tool: { kind: "glob", pattern: "**/*.ts" } },
              { tool: { kind: "grep", pattern: "greet", path: at("src") } },
            ],
          },
          { text: "Now something that fails.", calls: [{ tool: shell("ls missing.txt; exit 3", "Fail") }] },
          { calls: [{ tool: { kind: "write", path: at("notes.md"), content: NOTES } }] },
          {
            calls: [
              { tool: { kind: "read", path: at("notes.md") }, otherwise: shell("cat notes.md", "Read it") },
            ],
          },
          {
            calls: [
              {
                tool: {
                  kind: "edit",
                  path: at("notes.md"),
                  edit: { oldText: "- first: žluťoučký kůň", newText: "- first: 馬" },
                },
              },
            ],
          },
          {
            text: "Two that cannot work.",
            calls: [
              {
                tool: {
                  kind: "edit",
                  path: at("notes.md"),
                  edit: { oldText: "- tenth: nothing", newText: "- tenth: something" },
                },
              },
              { tool: { kind: "read", path: at("missing.md") }, otherwise: shell("cat missing.md", "Read") },
              {
                tool: { kind: "read", path: at("src/empty.txt") },
                otherwise: shell("cat src/empty.txt", "Read"),
              },
            ],
          },
          { calls: [{ tool: todo(1) }] },
          last("The notes are in `notes.md`."),
        ],
      },
      {
        prompt: "Check the notes.",
        turns: [
          {
            reasoning: "One command will do.",
            calls: [{ tool: shell("cat notes.md", "Show the notes") }, { tool: todo(3) }],
          },
          last("They are right."),
        ],
      },
    ],
  },
  {
    name: "long-output",
    about: "a command that prints 4,000 lines, and one whose lines are very long",
    runs: [
      {
        prompt: "Print a lot.",
        turns: [
          {
            text: "Printing.",
            calls: [{ tool: shell("seq -f 'line %06g of a long listing' 1 4000", "Print lines") }],
          },
          {
            calls: [
              { tool: shell("head -c 3000 /dev/zero | tr '\\0' 'x'; echo; echo end", "Print a long line") },
            ],
          },
          last("That was a lot."),
        ],
      },
      { prompt: "How many lines were it?", turns: [last("4,000.")] },
    ],
  },
  {
    name: "image",
    about: "a picture that a tool shows the model",
    runs: [
      {
        prompt: "Look at picture.png.",
        turns: [
          { text: "Opening it.", calls: [{ tool: { kind: "view-image", path: at(PICTURE.name) } }] },
          last("It is all one colour."),
        ],
      },
      { prompt: "Which colour?", turns: [last("Blue.")] },
    ],
  },
  {
    name: "errors",
    about:
      "an answer that fails and is asked for again, a tool that does not exist, arguments that are wrong",
    runs: [
      {
        prompt: "Try what may go wrong.",
        turns: [
          { error: { kind: "server", retryAfterSeconds: 1 } },
          {
            text: "Trying.",
            calls: [
              { native: { name: "no_such_tool", input: { why: "to see" } } },
              { tool: shell("echo between", "Say something") },
            ],
          },
          { calls: [{ tool: shell("kill -9 $$", "End by a signal") }] },
          last("All of it went wrong as it should."),
        ],
      },
      {
        prompt: "And now?",
        turns: [{ error: { kind: "server", retryAfterSeconds: 1 } }, last("All is well.")],
      },
    ],
  },
  {
    name: "subagent",
    about: "a subagent that runs a command and reports",
    runs: [
      { prompt: "Have a helper count the files.", turns: [last("The helper counted them.")] },
      { prompt: "Thanks.", turns: [last("You are welcome.")] },
    ],
    subagent: {
      prompt: "HELPER: count the files of the workspace and report the number.",
      turns: [
        { calls: [{ tool: shell("find . -type f -not -path './.git/*' | wc -l", "Count") }] },
        last("There are 4 files."),
      ],
    },
  },
  {
    name: "compaction",
    about: "a conversation replaced by a summary, and a turn after it",
    runs: [
      {
        prompt: "Remember the word lantern.",
        turns: [{ calls: [{ tool: shell("echo lantern", "Say the word") }] }, last("I remember it.")],
      },
      { prompt: "Remember the word harbour too.", turns: [last("Both of them.")], compacts: true },
      {
        prompt: "Which words were it?",
        turns: [{ calls: [{ tool: shell("echo both", "Say") }] }, last("Lantern and harbour.")],
      },
    ],
  },
  {
    name: "edits",
    about:
      "files written empty, without an end, with carriage returns; edits that delete, that look like patches, several at once, everywhere",
    runs: [
      {
        prompt: "Write some odd files.",
        turns: [
          { calls: [{ tool: { kind: "write", path: at("empty.md"), content: "" } }] },
          {
            calls: [
              { tool: { kind: "write", path: at("a b/ünï 馬.txt"), content: "one\ntwo\n\ntwo\nthree" } },
            ],
          },
          { calls: [{ tool: { kind: "write", path: at("crlf.txt"), content: "a\r\nb\r\n" } }] },
          {
            calls: [
              {
                tool: {
                  kind: "write",
                  path: at("patch.txt"),
                  content: "*** Begin Patch\n@@ x\n-old\n+new\n*** End Patch\n",
                },
              },
            ],
          },
          {
            calls: [
              { tool: { kind: "read", path: at("a b/ünï 馬.txt") } },
              { tool: { kind: "read", path: at("patch.txt") } },
              { tool: { kind: "read", path: at("crlf.txt") } },
              { tool: { kind: "read", path: at("empty.md") } },
            ],
          },
          {
            calls: [
              {
                tool: {
                  kind: "edit",
                  path: at("patch.txt"),
                  edit: { oldText: "-old\n+new\n*** End Patch", newText: "@@\n+++ newer\n*** End of File" },
                },
              },
            ],
          },
          {
            calls: [
              {
                tool: {
                  kind: "edit",
                  path: at("a b/ünï 馬.txt"),
                  edit: { oldText: "two", newText: "zwei", replaceAll: true },
                },
              },
            ],
          },
          { calls: [{ tool: { kind: "read", path: at("a b/ünï 馬.txt"), startLine: 2, lineCount: 2 } }] },
          {
            calls: [
              { tool: { kind: "edit", path: at("a b/ünï 馬.txt"), edit: { oldText: "one\n", newText: "" } } },
            ],
          },
          {
            calls: [
              {
                tool: {
                  kind: "multi-edit",
                  path: at("a b/ünï 馬.txt"),
                  edits: [
                    { oldText: "zwei\n\n", newText: "2\n" },
                    { oldText: "three", newText: "drei\n\tvier\n" },
                  ],
                },
              },
            ],
          },
          {
            calls: [
              { tool: { kind: "grep", pattern: "zwei|drei", path: at("a b") } },
              { tool: { kind: "glob", pattern: "**/*.txt" } },
              { tool: { kind: "list", path: at("a b") } },
            ],
          },
          last("Written."),
        ],
      },
      {
        prompt: "Is it all there?",
        turns: [
          {
            calls: [
              { tool: { kind: "read", path: at("a b/ünï 馬.txt") } },
              { tool: { kind: "read", path: WORKSPACE } },
            ],
          },
          last("It is."),
        ],
      },
    ],
  },
  {
    name: "resumed",
    about:
      "four runs: texts around calls, thoughts before calls and alone, quotes and marks that a shell or a template would read, a long line",
    runs: [
      {
        prompt: "One.",
        turns: [
          { text: "Before.", calls: [{ tool: shell("echo 1", "One") }] },
          { text: "Between.", calls: [{ tool: shell("echo 2", "Two") }, { tool: todo(0) }] },
          last("After."),
        ],
      },
      {
        prompt: "Three: \"quoted\" 'single' `tick` $HOME \\n %s {x}",
        turns: [{ reasoning: "Think first.", text: "Yes." }],
      },
      {
        prompt: "# Four\n\n- a\n- b\n\n> quote\n",
        turns: [
          {
            reasoning: "Hmm.",
            calls: [
              {
                tool: shell(
                  "printf '\\360\\237\\230\\200 \\344\\275\\240\\345\\245\\275\\n'; printf 'x%.0s' $(seq 1 200)",
                  "Emoji",
                ),
              },
            ],
          },
          { reasoning: "And now?", text: "   padded   \n\n" },
        ],
      },
      { prompt: "Five.", turns: [last("Five, 家族: 👨‍👩‍👧‍👦.")] },
    ],
  },
];
