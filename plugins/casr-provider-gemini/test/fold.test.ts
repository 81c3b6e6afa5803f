import { describe, expect, test } from "vitest";
import {
  CONTEXT,
  CONTEXT_TEXT,
  METADATA,
  outline,
  readFile,
  readRecords,
  put,
  testWorld,
  jsonl,
  SESSION_PATH,
} from "./helpers.ts";

const user = (id: string, text: string): object => ({ id, type: "user", content: [{ text }] });
const answer = (id: string, text: string, more: object = {}): object => ({
  id,
  type: "gemini",
  content: text,
  thoughts: [],
  tokens: null,
  ...more,
});
const call = (id: string): object => ({ functionCall: { id, name: "glob", args: { pattern: id } } });
const response = (id: string, output: string): object => ({
  functionResponse: { id, name: "glob", response: { output } },
});

describe("the log of operations", () => {
  test("a record with a known id replaces the earlier one in its place", async () => {
    const { messages } = await readRecords([
      user("u1", "one"),
      answer("g1", "draft"),
      user("u2", "two"),
      answer("g1", "final"),
    ]);
    expect(outline(messages)).toEqual(["user: one", "assistant: final", "user: two"]);
  });

  test("$set.messages replaces everything before it", async () => {
    const { messages } = await readRecords([
      user("u1", "gone"),
      { $set: { messages: [CONTEXT, user("u2", "kept")] } },
      answer("g1", "yes"),
    ]);
    expect(outline(messages)).toEqual(["user: kept", "assistant: yes"]);
  });

  test("$rewindTo drops the message and all after it; an unknown id drops all", async () => {
    const records = [user("u1", "one"), answer("g1", "a"), user("u2", "two"), answer("g2", "b")];
    expect(outline((await readRecords([...records, { $rewindTo: "u2" }])).messages)).toEqual([
      "user: one",
      "assistant: a",
    ]);
    expect(
      outline((await readRecords([...records, { $rewindTo: "nowhere" }, user("u3", "new")])).messages),
    ).toEqual(["user: new"]);
  });

  test.each(["r1", "r-é"])("$rewindTo finds a long record of answers, whatever its id: %s", async (id) => {
    const kept = [user("u1", "one"), answer("g1", "", { content: [call("c1")] })];
    const answers = {
      id,
      timestamp: "2026-11-21T05:10:00.000Z",
      type: "user",
      content: [response("c1", "line\n".repeat(1000))],
    };
    const { messages } = await readRecords([...kept, answers, user("u2", "two"), { $rewindTo: id }]);
    expect(outline(messages)).toEqual(outline((await readRecords(kept)).messages));
    expect(messages).toHaveLength(2);
  });

  test("a second metadata line, also at the end, changes metadata only; the first start counts", async () => {
    const later = { ...METADATA, startTime: "2026-11-21T05:30:00.000Z", summary: "Named" };
    const { messages, header } = await readRecords([user("u1", "one"), later]);
    expect(outline(messages)).toEqual(["user: one"]);
    expect(header.startedAt).toBe(Date.parse("2026-11-21T05:00:00.000Z"));
    expect(header.nativeName).toBe("Named");
  });

  test("what only the interface shows is left out silently, unknown things with one warning each", async () => {
    const { messages, warnings } = await readRecords([
      { id: "i", type: "info", content: "Request cancelled." },
      { id: "e", type: "error", content: "boom" },
      { id: "s", type: "system", content: "x" },
      { id: "s2", type: "system", content: "y" },
      { surprise: true },
      user("u", "hello"),
    ]);
    expect(outline(messages)).toEqual(["user: hello"]);
    expect(warnings.map((warning) => warning.code)).toEqual(["unknown-record", "unknown-record"]);
  });

  test("damaged lines are counted and told with their number", async () => {
    const { world, home, warnings } = await testWorld();
    const path = await put(
      home,
      SESSION_PATH,
      `${jsonl(METADATA)}\n{"id": oops}\n[1]\n${jsonl(user("u", "still here"))}{"id":"torn","type":"us`,
    );
    const { messages } = await readFile(path, world);
    expect(outline(messages)).toEqual(["user: still here"]);
    expect(warnings.map(({ code, line }) => [code, line])).toEqual([
      ["bad-line", 3],
      ["bad-line", 4],
      ["torn-line", 6],
    ]);
  });
});

describe("calls and their answers", () => {
  test("an answer recorded beside the call and again by itself is one answer", async () => {
    const result = [response("glob__c1", "found")];
    const { messages } = await readRecords([
      answer("g1", "", {
        toolCalls: [{ id: "glob__c1", name: "glob", args: { pattern: "x" }, result, status: "success" }],
      }),
      { id: "r1", type: "user", content: result },
      { id: "g1_response", type: "user", content: result },
      answer("g2", "done"),
    ]);
    expect(outline(messages)).toEqual([
      'assistant: [call c1] glob {"pattern":"x"}',
      "tool: [result c1] found",
      "assistant: done",
    ]);
  });

  test("calls in the content win over toolCalls, whose results may hold those of the whole turn", async () => {
    const all = [response("a", "A"), response("b", "B")];
    const toolCalls = ["a", "b"].map((id) => ({
      id,
      name: "glob",
      args: {},
      result: all,
      status: "success",
    }));
    const { messages } = await readRecords([
      { id: "g", type: "gemini", content: [{ text: "t" }, call("a"), call("b")], toolCalls },
    ]);
    expect(outline(messages)).toEqual([
      "assistant: t",
      'assistant: [call a] glob {"pattern":"a"}',
      'assistant: [call b] glob {"pattern":"b"}',
      "tool: [result a] A",
      "tool: [result b] B",
    ]);
  });

  test("results as plain text, and calls without ids", async () => {
    const { messages } = await readRecords([
      answer("g", "", {
        toolCalls: [{ id: "x", name: "glob", args: {}, result: "plain", status: "success" }],
      }),
      {
        id: "h",
        type: "gemini",
        content: [{ functionCall: { name: "glob", args: {} } }, { functionCall: { name: "glob", args: {} } }],
      },
      {
        id: "r",
        type: "user",
        content: [1, 2].map((n) => ({ functionResponse: { name: "glob", response: { output: `${n}` } } })),
      },
    ]);
    expect(outline(messages)).toEqual([
      "assistant: [call x] glob {}",
      "tool: [result x] plain",
      "assistant: [call synth_glob_1] glob {}",
      "assistant: [call synth_glob_2] glob {}",
      "tool: [result synth_glob_1] 1",
      "tool: [result synth_glob_2] 2",
    ]);
  });

  test("an id used again later is another call", async () => {
    const turn = (id: string, output: string): object[] => [
      { id, type: "gemini", content: [call("c")] },
      { id: `${id}r`, type: "user", content: [response("c", output)] },
    ];
    const { messages } = await readRecords([...turn("g1", "first"), ...turn("g2", "second")]);
    expect(outline(messages).filter((line) => line.startsWith("tool"))).toEqual([
      "tool: [result c] first",
      "tool: [result c_2] second",
    ]);
  });

  test("pictures behind a functionResponse or inside it belong to it, documents follow by themselves", async () => {
    const png = { inlineData: { mimeType: "image/png", data: "AAAA" } };
    const pdf = { inlineData: { mimeType: "application/pdf", data: "BBBB" } };
    const inside = { functionResponse: { id: "b", name: "glob", response: { output: "two" }, parts: [png] } };
    const { messages } = await readRecords([
      { id: "g", type: "gemini", content: [call("a"), call("b")] },
      { id: "r", type: "user", content: [response("a", "one"), png, pdf, inside, { text: "and now?" }, png] },
    ]);
    expect(outline(messages).slice(2)).toEqual([
      "tool: [result a] one|<image/png>",
      "tool: [result b] two|<image/png>",
      "user: [document application/pdf]",
      "user: and now?",
      "user: [image image/png]",
    ]);
  });

  test("a cancelled call is an error", async () => {
    const error = "[Operation Cancelled] Reason: User denied execution.";
    const result = [{ functionResponse: { id: "w", name: "write_file", response: { error } } }];
    const { messages } = await readRecords([
      answer("g", "I'll write.", {
        toolCalls: [{ id: "w", name: "write_file", args: {}, result, status: "cancelled" }],
      }),
    ]);
    expect(outline(messages).at(-1)).toBe(`tool: [error w] ${error}`);
  });

  test("the copies casr writes for the interface are no calls", async () => {
    const { messages } = await readRecords([
      {
        id: "g",
        type: "gemini",
        content: [call("a")],
        toolCalls: [{ id: "ui:a", name: "glob", args: {}, status: "success", resultDisplay: "shown" }],
      },
      { id: "r", type: "user", content: [response("a", "one")] },
    ]);
    expect(outline(messages)).toEqual(['assistant: [call a] glob {"pattern":"a"}', "tool: [result a] one"]);
  });
});

describe("user messages", () => {
  test("only the CLI's own context is cut off a prompt it was merged with", async () => {
    const { messages } = await readRecords([
      { id: "m", type: "user", content: [{ text: CONTEXT_TEXT }, { text: "the prompt" }] },
      { id: "h", type: "user", content: "<hook_context>start</hook_context>\n\nanother prompt" },
      { id: "k", type: "user", content: [{ text: "asked" }, { text: "<hook_context>added</hook_context>" }] },
      { id: "t", type: "user", content: [{ text: "<session_context> typed", thought: false }] },
    ]);
    expect(messages.map(({ origin }) => origin)).toEqual([
      "person",
      "person",
      "person",
      "injected",
      "person",
    ]);
    expect(outline(messages)).toEqual([
      "user: the prompt",
      "user: another prompt",
      "user: asked",
      "user: <hook_context>added</hook_context>",
      "user: <session_context> typed",
    ]);
  });

  test("a prompt that begins like a command is still the user's", async () => {
    const { messages } = await readRecords([
      user("u", "/srv/app/log is full"),
      answer("g", "ok"),
      user("v", "?"),
    ]);
    expect(outline(messages)).toEqual(["user: /srv/app/log is full", "assistant: ok", "user: ?"]);
  });

  test("what a command printed is told from what was typed", async () => {
    const text =
      "I ran the following shell command:\n```sh\nls\n```\n\nThis produced the following result:\n```\na\n```";
    const { messages } = await readRecords([user("u", text)]);
    expect(messages[0]?.origin).toBe("command");
    expect(outline(messages)).toEqual([`user: ${text}`]);
  });

  test("files added to a prompt are sent, the shown text is only the title", async () => {
    const content = [
      { text: "@a.txt read" },
      { text: "\n--- Content from referenced files ---" },
      { text: "A" },
      { text: "\n--- End of content ---" },
    ];
    const { messages, header } = await readRecords([
      { id: "u", type: "user", content, displayContent: [{ text: "@a.txt read" }] },
    ]);
    expect(messages[0]?.content).toHaveLength(4);
    expect(header.title).toBe("@a.txt read");
  });
});

describe("thoughts", () => {
  test("come from thoughts[] or from thought parts, never twice, in the CLI's own wording", async () => {
    const thoughts = [
      { subject: "Plan", description: "Look." },
      { subject: "", description: "Only this." },
    ];
    const { messages } = await readRecords([
      answer("g1", "a", { thoughts }),
      {
        id: "g2",
        type: "gemini",
        content: [{ text: "**Plan** Look.", thought: true }, { text: "b" }],
        thoughts,
      },
      {
        id: "g3",
        type: "gemini",
        content: [
          {
            text: "Binary content received.",
            thought: true,
            thoughtSignature: "skip_thought_signature_validator",
          },
        ],
      },
    ]);
    expect(outline(messages)).toEqual([
      "assistant: [thought] **Plan** Look.",
      "assistant: [thought] Only this.",
      "assistant: a",
      "assistant: [thought] **Plan** Look.",
      "assistant: b",
    ]);
  });

  test("a signature stays with its call", async () => {
    const { messages } = await readRecords([
      { id: "g", type: "gemini", content: [{ ...call("a"), thoughtSignature: "c2ln" }] },
    ]);
    expect(messages[0]?.content[0]).toMatchObject({ native: { thoughtSignature: "c2ln" } });
  });
});

describe("compression", () => {
  const snapshot = "<state_snapshot>so far</state_snapshot>";
  const ack = {
    id: "ack",
    type: "gemini",
    content: [{ text: "Got it. Thanks for the additional context!" }],
  };
  const before = [user("u1", "one"), answer("g1", "a"), user("u2", "two"), answer("g2", "b")];
  const tail = [user("n1", "two"), { id: "n2", type: "gemini", content: [{ text: "b" }] }];
  const compressed = { $set: { messages: [CONTEXT, user("s", snapshot), ack, ...tail] } };

  test("the summary is a compaction block, and what it replaced is history", async () => {
    const context = await readRecords([...before, compressed, user("u3", "three")]);
    const rest = [
      `user: [compaction] ${snapshot}`,
      "assistant: Got it. Thanks for the additional context!",
      "user: two",
      "assistant: b",
      "user: three",
    ];
    expect(outline(context.messages)).toEqual(rest);
    expect(context.messages[0]?.origin).toBe("compaction");
    const full = await readRecords([...before, compressed, user("u3", "three")], "full");
    expect(outline(full.messages)).toEqual(["user: one", "assistant: a", ...rest]);
    expect(full.messages.map(({ inContext }) => inContext)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(full.header.title).toBe("one");
  });

  test("any summary is known by the CLI's fixed answer behind it; two in a row keep the whole history", async () => {
    const set = (id: string, ...more: object[]): object => ({
      $set: { messages: [CONTEXT, user(id, "Summary."), { ...ack, id: `${id}a` }, ...more] },
    });
    const records = [
      ...before,
      set("s1"),
      user("u3", "three"),
      answer("g3", "c"),
      set("s2"),
      user("u4", "four"),
    ];
    const { messages } = await readRecords(records, "full");
    expect(outline(messages)).toEqual([
      "user: one",
      "assistant: a",
      "user: two",
      "assistant: b",
      "user: [compaction] Summary.",
      "assistant: Got it. Thanks for the additional context!",
      "user: three",
      "assistant: c",
      "user: [compaction] Summary.",
      "assistant: Got it. Thanks for the additional context!",
      "user: four",
    ]);
  });

  test("turns merged after a cancelled prompt keep the summary and its history", async () => {
    const merged = {
      $set: {
        messages: [
          { id: "m", type: "user", content: [{ text: CONTEXT_TEXT }, { text: snapshot }] },
          ack,
          ...tail,
        ],
      },
    };
    const { messages } = await readRecords([...before, compressed, user("x", "cancelled"), merged], "full");
    expect(outline(messages).slice(0, 3)).toEqual([
      "user: one",
      "assistant: a",
      `user: [compaction] ${snapshot}`,
    ]);
    expect(outline(messages)).not.toContain("user: cancelled");
  });

  test("what a rewind or a cancelled prompt dropped is gone, also from the full history", async () => {
    const { messages } = await readRecords([...before, { $rewindTo: "u2" }, user("u3", "other")], "full");
    expect(outline(messages)).toEqual(["user: one", "assistant: a", "user: other"]);
  });
});

describe("the form before 0.39", () => {
  const legacy = {
    ...METADATA,
    messages: [{ id: "u", type: "user", content: "plain text" }, answer("g", "hello")],
  };

  test("is one object", async () => {
    const { home, world } = await testWorld();
    const path = await put(home, SESSION_PATH.replace(".jsonl", ".json"), JSON.stringify(legacy, null, 2));
    expect(outline((await readFile(path, world)).messages)).toEqual(["user: plain text", "assistant: hello"]);
  });

  test("keeps its complete messages when its end is missing", async () => {
    const { home, world, warnings } = await testWorld();
    const path = await put(
      home,
      SESSION_PATH.replace(".jsonl", ".json"),
      JSON.stringify(legacy, null, 2).slice(0, -60),
    );
    expect(outline((await readFile(path, world)).messages)).toEqual(["user: plain text"]);
    expect(warnings.map(({ code }) => code)).toEqual(["torn-line"]);
  });
});

test("nothing usable is a typed error", async () => {
  const { home, world } = await testWorld();
  const { reader } = await import("../src/read.ts");
  for (const content of ["", "\n\n", "not json\n", "{}", "[]", '{"a":1}\n']) {
    const path = await put(home, SESSION_PATH, content);
    const ref = { provider: "gemini", id: "x", path, sizeBytes: content.length, modifiedAt: 0 };
    await expect(reader.read(ref, world)).rejects.toMatchObject({ code: "source-unreadable" });
    expect(await reader.identify(path, world)).toBeUndefined();
  }
});
