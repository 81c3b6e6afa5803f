import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block, Message, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";
import { eraOf, installed } from "../src/installed.ts";
import {
  apply,
  collect,
  planFor,
  projected,
  put,
  readPath,
  refsOf,
  SESSION_ID,
  testWorld,
  type TestWorld,
} from "./helpers.ts";

const PNG = "iVBORw0KGgo=";
const ID = `T-${SESSION_ID}`;

let next = 0;
const message = (role: string, content: Block[], more: Partial<Message> = {}): Message => ({
  index: next++,
  role,
  content,
  inContext: true,
  ...more,
});

const text = fc.string({ minLength: 1 }).filter((value) => value.trim() !== "");
const tags = fc.constantFrom(
  "<system-reminder>x</system-reminder>",
  "see <command-name>/a</command-name>",
  "<local-command-stdout>x",
  "[Request interrupted by user]",
  "<\u2060command-name>",
);
const image: Block = { type: "image", mediaType: "image/png", data: { base64: PNG } };

/** A call and what its answer may be, as projection hands them over. */
const exchange: fc.Arbitrary<[Omit<ToolCallBlock, "id">, Omit<ToolResultBlock, "callId">]> = fc
  .record({
    call: fc.constantFrom<Omit<ToolCallBlock, "id">>(
      { type: "tool_call", name: "Bash", input: { cmd: "ls" }, tool: { kind: "shell", command: "ls" } },
      {
        type: "tool_call",
        name: "Bash",
        input: { command: "x", cmd: "ls" },
        tool: { kind: "shell", command: "ls", rest: { command: "x" } },
      },
      {
        type: "tool_call",
        name: "Read",
        input: { path: "/a", read_range: [7, 9] },
        tool: { kind: "read", path: "/a", startLine: 7, lineCount: 3 },
      },
      { type: "tool_call", name: "edit_file", input: { path: "/a", old_str: "b", new_str: "c" } },
      {
        type: "tool_call",
        name: "exec",
        input: { input: "1" },
        foreign: { provider: "codex", name: "exec" },
      },
      { type: "tool_call", name: "Bash", input: { odd: true }, foreign: { provider: "other", name: "Bash" } },
    ),
    output: fc.oneof(fc.string(), fc.constantFrom("7: a\n8: b", "1: x", "a\n\nb\n", "Exit code 3\nx")),
    second: fc.option(text, { nil: undefined }),
    picture: fc.boolean(),
    isError: fc.boolean(),
    exitCode: fc.option(fc.integer({ min: -1, max: 255 }), { nil: undefined }),
    truncated: fc.boolean(),
  })
  .map(({ call, output, second, picture, isError, exitCode, truncated }) => {
    const shell = call.tool?.kind === "shell";
    const parts: ToolResultBlock["content"] = output === "" ? [] : [{ type: "text", text: output }];
    if (second !== undefined) parts.push({ type: "text", text: second });
    if (picture) parts.push(image as never);
    const code = shell && exitCode !== undefined ? { exitCode } : {};
    return [call, { type: "tool_result", content: parts, isError, truncated, ...code }];
  });

const turn = fc.record({
  prompt: fc.oneof(text, tags),
  origin: fc.constantFrom("person" as const, "injected" as const, "command" as const),
  summary: fc.boolean(),
  thought: fc.option(text, { nil: undefined }),
  genuine: fc.boolean(),
  answer: text,
  exchanges: fc.array(exchange, { maxLength: 3 }),
});

const conversation = fc.array(turn, { minLength: 1, maxLength: 4 }).map((turns) => {
  next = 0;
  let calls = 0;
  const messages: Message[] = [];
  for (const { prompt, origin, summary, thought, genuine, answer, exchanges } of turns) {
    if (summary)
      messages.push(message("user", [{ type: "compaction", summary: prompt }], { origin: "compaction" }));
    else messages.push(message("user", [{ type: "text", text: prompt }, image], { origin }));
    const reasoning: Block[] =
      thought === undefined
        ? []
        : genuine
          ? [{ type: "reasoning", text: thought, signature: "c2ln", issuer: "anthropic" }]
          : [{ type: "reasoning", text: thought, displayOnly: true }];
    const ids = exchanges.map(() => `call_${calls++}`);
    const made = exchanges.map(([call], index): Block => ({ ...call, id: ids[index]! }));
    messages.push(message("assistant", [...reasoning, { type: "text", text: answer }, ...made]));
    const answers = exchanges.map(([, result], index): Block => ({ ...result, callId: ids[index]! }));
    if (answers.length > 0) messages.push(message("tool", answers));
  }
  return messages;
});

/** Blocks as verification compares them. */
function comparable(messages: Message[]): unknown[] {
  const shells = new Set<string>();
  return messages.flatMap(({ role, content }) =>
    content.map((block): unknown => {
      switch (block.type) {
        case "text":
          return [role, block.text];
        case "compaction":
          return [role, block.summary];
        case "reasoning":
          return ["reasoning", block.text];
        case "tool_call":
          if (block.tool?.kind === "shell") shells.add(block.id);
          return ["call", block.id, block.name, block.input, block.foreign];
        case "tool_result": {
          const texts = block.content.map((part) => (part.type === "text" ? part.text : "")).join("");
          const pictures = block.content.filter((part) => part.type === "image").length;
          const code = shells.has(block.callId)
            ? (block.exitCode ?? (block.isError ? undefined : 0))
            : undefined;
          return ["result", block.callId, texts, pictures, block.isError, code];
        }
        default:
          return [role, block.type];
      }
    }),
  );
}

/** An Amp of `version` on the PATH, as npm installs it. */
async function withAmp(version: string | undefined, env: Record<string, string> = {}): Promise<TestWorld> {
  const made = await testWorld();
  if (version === undefined) return made;
  const program = await put(made.home, "lib/node_modules/@sourcegraph/amp/dist/main.js", "");
  const manifest = JSON.stringify({ name: "@sourcegraph/amp", version });
  await put(made.home, "lib/node_modules/@sourcegraph/amp/package.json", manifest);
  await mkdir(join(made.home, "bin"));
  await symlink(program, join(made.home, "bin/amp"));
  return { ...made, world: { ...made.world, env: { ...env, PATH: `/nowhere:${join(made.home, "bin")}` } } };
}

const MARCH = "0.0.1774569934-g39e3ec";
const SEPTEMBER = "0.0.1790142911-g7618fb";

describe.each([
  ["a thread file", MARCH],
  ["a copy for the import", SEPTEMBER],
])("%s", (_form, version) => {
  test("reads back block for block, whatever the session holds", async () => {
    const made = await withAmp(version);
    await fc.assert(
      fc.asyncProperty(conversation, async (messages) => {
        const plan = await planFor(projected(messages), made);
        await apply(plan);
        const ref = await reader.identify(plan.path, made.world);
        expect(ref?.id).toBe(plan.sessionId);
        const { messages: read, records } = await reader.read(ref!, made.world);
        expect(comparable(await collect(read({ history: "context" })))).toEqual(comparable(messages));
        expect(records.malformed).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("is the same bytes each time, listed with title, folder and lineage", async () => {
    const made = await withAmp(version);
    const session = projected([
      message("user", [{ type: "text", text: "hi" }]),
      message("assistant", [{ type: "text", text: "yes" }]),
    ]);
    const [first, second] = [await planFor(session, made), await planFor(session, made)];
    await apply(first);
    const bytes = await readFile(first.path, "utf8");
    await apply(second);
    expect(await readFile(second.path, "utf8")).toBe(bytes);
    const [ref, ...others] = await refsOf(made.world);
    expect(others).toEqual([]);
    expect(await reader.summarize(ref!, made.world)).toMatchObject({
      title: "A title",
      workspace: made.home,
      lineage: { sourceProvider: "other", sourceId: "s" },
    });
    expect((await collect(reader.locate(SESSION_ID.slice(0, 8), made.world)))[0]?.id).toBe(ID);
    expect(writer.sessionIdFor!(SESSION_ID)).toBe(ID);
  });
});

describe("a thread file", () => {
  const session = projected([
    message("user", [{ type: "text", text: "hi" }, image], { origin: "injected", timestamp: 5000 }),
    message("assistant", [
      { type: "text", text: "run" },
      { type: "tool_call", id: "c", name: "x", input: {} },
    ]),
    message("tool", [
      {
        type: "tool_result",
        callId: "c",
        isError: true,
        content: [{ type: "text", text: "no" }, image],
      } as Block,
    ]),
  ]);

  async function written(
    workspace?: string,
  ): Promise<{ messages: { content: Record<string, unknown>[] }[]; [key: string]: unknown }> {
    const made = await withAmp(MARCH);
    const plan = await planFor(session, made, workspace);
    await apply(plan);
    return JSON.parse(await readFile(plan.path, "utf8")) as never;
  }

  test("is laid out as Amp does it", async () => {
    const made = await withAmp(MARCH);
    const plan = await planFor(session, made);
    await apply(plan);
    const bytes = await readFile(plan.path, "utf8");
    expect(bytes).toBe(JSON.stringify(JSON.parse(bytes), null, 2));
    expect(plan.steps).toHaveLength(1);
  });

  test("names a folder only when it is there: Amp ends at once at one that is not", async () => {
    expect(await written()).toHaveProperty("env.initial.trees.0.uri");
    const gone = await written("/not/here");
    expect(gone).not.toHaveProperty("env");
    expect(gone).toHaveProperty("casr.cwd", "/not/here");
  });

  test("has no key of casr's where Amp would send it: in texts", async () => {
    for (const { content } of (await written()).messages)
      for (const block of content)
        if (block["type"] === "text") expect(Object.keys(block).sort()).toEqual(["text", "type"]);
  });

  test("gives every picture a path, and those of failed calls a place beside them", async () => {
    const { messages } = await written();
    const pictures = messages.flatMap(({ content }) => content).filter(({ type }) => type === "image");
    expect(pictures).toEqual([
      expect.objectContaining({ sourcePath: "pasted image" }),
      expect.objectContaining({ sourcePath: "pasted image", casr: { result: "c" } }),
    ]);
  });
});

describe("which Amp is there", () => {
  test.each([
    ["0.0.1767830505-ga62310", "files"],
    [MARCH, "files"],
    ["0.0.1775000000-gabcdef", "unknown"],
    [SEPTEMBER, "server"],
    ["1.2.3", "unknown"],
  ])("%s keeps threads in: %s", (version, keeps) => {
    expect(eraOf(version).keeps).toBe(keeps);
  });

  test("is told by the program on the PATH, else by what only newer ones write, else not at all", async () => {
    expect(await installed((await withAmp(MARCH)).world)).toEqual({ keeps: "files", version: MARCH });
    const none = await withAmp(undefined);
    expect(await installed(none.world)).toEqual({ keeps: "unknown" });
    await put(none.home, ".local/share/amp/thread-imports.json", "{}");
    expect(await installed(none.world)).toEqual({ keeps: "server" });
  });

  test("decides what is written, and each way in says what it is", async () => {
    const session = projected([
      message("user", [{ type: "text", text: "hi" }]),
      message("assistant", [{ type: "text", text: "yes" }]),
    ]);
    const names = async (version: string | undefined): Promise<string[]> => {
      const made = await withAmp(version);
      const plan = await planFor(session, made);
      return [
        ...plan.steps.map(({ path }) => path.split(".").at(-1)!),
        ...plan.resume.map(({ argv }) => argv.slice(0, 4).join(" ")),
      ];
    };
    expect(await names(MARCH)).toEqual(["json", `amp threads continue ${ID}`]);
    expect(await names(SEPTEMBER)).toEqual(["jsonl", "amp threads import claude", "amp"]);
    const imports = async (version: string): Promise<unknown> =>
      (await planFor(session, await withAmp(version))).resume.map((step) => step.imports);
    expect(await imports(MARCH)).toEqual([undefined]);
    expect(await imports(SEPTEMBER)).toEqual([true, undefined]);
    expect(await names(undefined)).toEqual(["jsonl", "json", `amp threads continue ${ID}`]);

    const made = await withAmp(undefined);
    const plan = await planFor(session, made);
    expect(plan.path).toMatch(/\/threads\/T-.*\.json$/);
    const folder = join(made.home, ".local/share/amp/casr-import", SESSION_ID);
    expect(plan.resume[0]?.note).toContain(`amp threads import claude --claude-dir ${folder} ${SESSION_ID}`);
    const copied = await planFor(session, await withAmp(SEPTEMBER));
    expect(copied.notes[0]).toContain("This is no thread of Amp's");
  });

  test("decides how a thread that is there is continued", async () => {
    const made = await withAmp(SEPTEMBER);
    const [only] = await writer.resume({ id: ID, path: "/x" }, made.world);
    expect(only).toMatchObject({
      argv: ["amp", "threads", "continue", ID],
      note: expect.stringContaining("asks its server alone"),
    });
  });
});

test("a thread copied within Amp keeps what only Amp has", async () => {
  const { home, world } = await testWorld();
  const messages = [
    {
      role: "info",
      messageId: 0,
      content: [{ type: "summary", summary: { type: "message", summary: "So far." } }],
    },
    {
      role: "user",
      messageId: 1,
      content: [{ type: "text", text: "see" }],
      userState: { currentlyVisibleFiles: [] },
      fileMentions: { files: [{ uri: "file:///a", content: "x" }], mentions: [] },
      meta: { sentAt: 1_795_239_713_461 },
    },
    {
      role: "assistant",
      messageId: 2,
      content: [
        {
          type: "tool_use",
          complete: true,
          id: "c",
          name: "edit_file",
          input: { path: "/a", old_str: "x", new_str: "y" },
        },
      ],
      state: { type: "complete", stopReason: "tool_use" },
    },
    {
      role: "user",
      messageId: 3,
      content: [
        {
          type: "tool_result",
          toolUseID: "c",
          run: { status: "done", result: { diff: "d", lineRange: [1, 1] }, trackFiles: ["file:///a"] },
        },
      ],
    },
  ];
  const source = await put(
    home,
    "export.json",
    JSON.stringify({ id: ID.replace(/e$/, "f"), messages, agentMode: "rush" }),
  );
  const session = projected(await readPath(source, world), {
    provider: "amp",
    metadata: { agentMode: "rush" },
  });
  const plan = await planFor(session, { home, world });
  await apply(plan);
  const copy = JSON.parse(await readFile(plan.path, "utf8")) as { messages: unknown; agentMode: string };
  expect(copy.messages).toEqual(messages);
  expect(copy.agentMode).toBe("rush");
});
