import { describe, expect, it } from "vitest";
import {
  DEFAULT_ANSWER,
  WIRES,
  type ModelRequest,
  type ScriptedErrorKind,
  type Wire,
} from "../../src/probe/index.ts";
import type { JsonObject } from "../../src/session/json.ts";
import { historyOf } from "./assemble.ts";
import { ask, events, post, start } from "./support.ts";

/** What a person would read of an answer. */
async function textOf(wire: Wire, response: Response): Promise<string> {
  return JSON.stringify(historyOf(wire, false, await response.text()));
}

describe.each(WIRES)("a script over %s", (wire) => {
  it("may be a function of the request", async () => {
    const seen: ModelRequest[] = [];
    const server = await start({
      turns: (request) => {
        seen.push(request);
        return request.nth === 0 ? { text: "first" } : undefined;
      },
    });
    expect(await textOf(wire, await ask(server, wire, { said: "héllo" }))).toContain("first");
    expect(await textOf(wire, await ask(server, wire))).toContain(DEFAULT_ANSWER);
    expect(seen.map(({ nth, purpose, tools }) => [nth, purpose, tools])).toEqual([
      [0, "conversation", ["run"]],
      [1, "conversation", ["run"]],
    ]);
    expect(seen[0]!.items.filter((item) => item.kind === "user")).toEqual([{ kind: "user", text: "héllo" }]);
    expect(seen[0]).toMatchObject({ wire, model: "m" });
  });

  it("plays an error once and then goes on", async () => {
    const server = await start({
      turns: [{ error: { kind: "rate-limit", retryAfterSeconds: 3, message: "slow down" } }, { text: "now" }],
    });
    const refused = await ask(server, wire, { stream: true });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(await refused.text()).toContain("slow down");
    expect(await textOf(wire, await ask(server, wire))).toContain("now");
    expect(server.requests.map((request) => request.refused)).toEqual([false, false]);
  });

  it("can hang without a word, and ends with the server", async () => {
    const server = await start({ turns: [{ hang: "silent" }] });
    const waiting = ask(server, wire).then(
      () => "answered",
      () => "ended",
    );
    await expect.poll(() => server.requests.length).toBe(1);
    await server.close();
    expect(await waiting).toBe("ended");
  });

  it("can stop midway", async () => {
    const said = { text: "a long answer", toolCalls: [{ name: "run", input: {} }] };
    const server = await start({ turns: [{ ...said, hang: "midway" }] });
    const response = await ask(server, wire, { stream: true });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain("data: ");
    const rest = reader.read().then(
      ({ done }) => done,
      () => true,
    );
    await server.close();
    expect(await rest).toBe(true);
  });

  it("reports the tokens it is told to", async () => {
    const server = await start({ turns: [{ text: "x", inputTokens: 190_000 }] });
    expect(await (await ask(server, wire)).text()).toContain("190000");
  });

  it("gives a side request a fixed text and takes no turn for it", async () => {
    const server = await start({ turns: [{ text: "scripted" }] });
    expect(await textOf(wire, await ask(server, wire, { tools: false }))).toContain(DEFAULT_ANSWER);
    expect(await textOf(wire, await ask(server, wire))).toContain("scripted");
    expect(server.requests.map((request) => request.purpose)).toEqual(["side", "conversation"]);
  });
});

describe("errors in each vendor's words", () => {
  const cases: [Wire, ScriptedErrorKind, number, JsonObject][] = [
    ["anthropic", "rate-limit", 429, { type: "error", error: { type: "rate_limit_error" } }],
    ["anthropic", "overloaded", 529, { type: "error", error: { type: "overloaded_error" } }],
    ["anthropic", "server", 500, { type: "error", error: { type: "api_error" } }],
    ["anthropic", "unauthorized", 401, { error: { type: "authentication_error" } }],
    ["responses", "rate-limit", 429, { error: { code: "rate_limit_exceeded" } }],
    ["responses", "overloaded", 503, { error: { code: "server_is_overloaded" } }],
    ["responses", "too-long", 400, { error: { code: "context_length_exceeded" } }],
    ["chat", "server", 500, { error: { type: "server_error" } }],
    ["chat", "invalid", 400, { error: { type: "invalid_request_error", code: null } }],
    ["gemini", "rate-limit", 429, { error: { code: 429, status: "RESOURCE_EXHAUSTED" } }],
    ["gemini", "overloaded", 503, { error: { code: 503, status: "UNAVAILABLE" } }],
    ["gemini", "server", 500, { error: { code: 500, status: "INTERNAL" } }],
  ];

  it.each(cases)("%s says %s as %i", async (wire, kind, status, body) => {
    const server = await start({ turns: [{ error: { kind } }] });
    const response = await ask(server, wire);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  it("can come inside a stream that has begun", async () => {
    const error = { kind: "overloaded", inStream: true } as const;
    const server = await start({ turns: () => ({ error }) });
    const said = async (wire: Wire) => (await events(await ask(server, wire, { stream: true }))).at(-1);
    expect(await said("anthropic")).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    expect(await said("responses")).toMatchObject({
      type: "response.failed",
      response: { error: { code: "server_is_overloaded" } },
    });
    expect(await said("chat")).toMatchObject({ error: { code: "server_is_overloaded" } });
    expect(await said("gemini")).toMatchObject({ error: { status: "UNAVAILABLE" } });
  });

  it("of a script that fails itself are recorded", async () => {
    const server = await start({
      turns: () => {
        throw new Error("no such step");
      },
    });
    expect((await ask(server, "anthropic")).status).toBe(500);
    expect(server.requests[0]).toMatchObject({ refused: true, refusal: "no such step" });
  });
});

describe("requests for a summary", () => {
  const prompts: [string, Wire, { said?: string; system?: string }][] = [
    [
      "Claude Code",
      "anthropic",
      { said: "CRITICAL: …\n\nYour task is to create a detailed summary of the conversation so far, p" },
    ],
    ["Codex", "responses", { said: "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff" }],
    [
      "OpenCode",
      "anthropic",
      {
        said: "<conversation>…</conversation>\nCreate a new anchored summary from the conversation history in",
      },
    ],
    ["Continue", "chat", { said: "Please provide a concise summary of our conversation so far, capturing" }],
    [
      "Copilot CLI",
      "chat",
      { said: "Write a checkpoint: <overview>…</overview> <checkpoint_title>…</checkpoint_title>" },
    ],
    [
      "Gemini CLI",
      "gemini",
      {
        system:
          "\nYou are a specialized system component responsible for distilling chat history into a structured XML <state_snapshot>.",
      },
    ],
    [
      "Qwen Code",
      "chat",
      {
        system:
          "You are the component that summarizes a conversation when its context window is about to overflow.",
      },
    ],
    [
      "Cline",
      "chat",
      { system: "Summarize the provided coding session into a concise continuation note with" },
    ],
    ["Pi", "anthropic", { system: "You are a context summarization assistant. Your task" }],
  ];

  it.each(prompts)(
    "of %s are told apart, with tools or without, and take no turn",
    async (_agent, wire, words) => {
      const server = await start({
        turns: [{ text: "scripted" }],
        summary: "<summary>as scripted</summary>",
      });
      for (const tools of [true, false])
        expect(await textOf(wire, await ask(server, wire, { ...words, tools }))).toContain("as scripted");
      expect(await textOf(wire, await ask(server, wire))).toContain('scripted"');
      expect(server.requests.map((request) => request.purpose)).toEqual([
        "compaction",
        "compaction",
        "conversation",
      ]);
    },
  );

  it("are answered in the tags they ask for", async () => {
    const server = await start();
    const said = "Your task is to create a detailed summary of the conversation so far … <summary>";
    expect(await textOf("anthropic", await ask(server, "anthropic", { said }))).toContain("<summary>");
    const system =
      "You are the component that summarizes a conversation when its context window is about to overflow. <state_snapshot>";
    expect(await textOf("chat", await ask(server, "chat", { system }))).toContain("</state_snapshot>");
  });

  it("may be answered by what is in them", async () => {
    const server = await start({ summary: ({ items, nth }) => `${nth}: ${items.length} things` });
    const said = "Your task is to create a detailed summary of the conversation so far";
    expect(await textOf("anthropic", await ask(server, "anthropic", { said }))).toContain("0: 1 things");
  });

  it("to the service itself get an opaque item", async () => {
    const server = await start();
    const input = [{ type: "message", role: "user", content: "hi" }, { type: "compaction_trigger" }];
    const streamed = await events(await ask(server, "responses", { stream: true, more: { input } }));
    expect(streamed.at(-1)).toMatchObject({ response: { output: [{ type: "compaction" }] } });
    const older = (await (
      await post(server, "/v1/responses/compact", { model: "m", input })
    ).json()) as JsonObject;
    expect(older["output"]).toMatchObject([{ role: "user" }, { type: "compaction" }]);
    expect(server.requests.map((request) => request.purpose)).toEqual(["compaction", "compaction"]);
  });

  it("are not confused with a session that was compacted before", async () => {
    const server = await start();
    const said =
      "Some of the conversation history has been summarized <checkpoint_title>x</checkpoint_title>\nGo on.";
    await ask(server, "chat", { said });
    expect(server.requests[0]!.purpose).toBe("conversation");
  });
});

describe("side requests that carry tools", () => {
  it("are known by a placeholder tool or by their system prompt", async () => {
    const server = await start();
    await ask(server, "anthropic", { more: { tools: [{ name: "_noop" }] } });
    await ask(server, "chat", { system: "You are a title generator. You output ONLY a thread title." });
    expect(server.requests.map((request) => request.purpose)).toEqual(["side", "side"]);
  });

  it("get JSON that fits their schema where they ask for it", async () => {
    const server = await start();
    const schema = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };
    const formats: [Wire, JsonObject][] = [
      ["anthropic", { output_config: { format: { type: "json_schema", schema } } }],
      ["responses", { text: { format: { type: "json_schema", schema } } }],
      ["chat", { response_format: { type: "json_schema", json_schema: { schema } } }],
    ];
    for (const [wire, more] of formats)
      expect(await textOf(wire, await ask(server, wire, { tools: false, more }))).toContain(
        '{\\"title\\":\\"ok\\"}',
      );
  });
});

describe("a list of turns", () => {
  const run = (command: string) => ({ name: "run", input: { command } });

  it("keeps several conversations apart", async () => {
    const turns = [
      { to: "count the files", text: "parent 1" },
      { to: "CHILD", text: "child 1" },
      { to: "count the files", text: "parent 2" },
    ];
    const server = await start({ turns });
    const said = async (text: string) => textOf("anthropic", await ask(server, "anthropic", { said: text }));
    expect(await said("CHILD a")).toContain("child 1");
    expect(await said("count the files")).toContain("parent 1");
    expect(await said("CHILD a")).toContain(DEFAULT_ANSWER);
    expect(await said("count the files")).toContain("parent 2");
    expect(turns).toEqual([]);
  });

  it("calls only tools the agent has, where told so", async () => {
    const edit = { name: "edit", input: {} };
    const server = await start({
      turns: [
        { text: "first", toolCalls: [{ ...edit, otherwise: null }] },
        {
          toolCalls: [
            { ...edit, otherwise: run("sed") },
            { ...edit, otherwise: null },
          ],
        },
        { toolCalls: [edit] },
      ],
    });
    const first = await textOf("chat", await ask(server, "chat"));
    expect(first).toContain("sed");
    expect(first).not.toContain("edit");
    expect(await textOf("chat", await ask(server, "chat"))).toContain("edit");
  });

  it("may grow while the server runs", async () => {
    const turns: { text: string }[] = [];
    const server = await start({ turns });
    turns.push({ text: "later" });
    expect(await textOf("gemini", await ask(server, "gemini"))).toContain("later");
  });
});
