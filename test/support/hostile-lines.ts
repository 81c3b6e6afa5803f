import { hostileId, SURVIVORS } from "./hostile.ts";
import type { LineAgent } from "./readers.ts";

type Row = { [key: string]: unknown };

const TIME = "2026-11-21T05:00:01.000Z";

/** One line of a session that stands in the chain of records, made the way the agent makes it. */
interface Dialect {
  head(id: string): Row[];
  /** `number` counts the messages of the session from 0 and makes ids and parents. */
  user(id: string, number: number, text: string): Row[];
  assistant(id: string, number: number, text: string): Row[];
  /** A tool call with any input, and its answer; takes two numbers. */
  call(id: string, number: number, input: unknown): Row[];
}

const claude = (id: string, number: number, type: string, content: unknown): Row => ({
  parentUuid: number === 0 ? null : `m${number - 1}`,
  uuid: `m${number}`,
  sessionId: id,
  cwd: "/home/dev/projects/app",
  timestamp: TIME,
  type,
  message: type === "assistant" ? { id: `msg_${number}`, role: type, content } : { role: type, content },
});

const codex = (type: string, payload: Row): Row => ({ timestamp: TIME, type, payload });

const copilot = (type: string, number: number, data: Row): Row => ({
  type,
  data,
  id: `e${number}`,
  timestamp: TIME,
  parentId: number === 0 ? null : `e${number - 1}`,
});

const factory = (number: number, role: string, content: unknown): Row => ({
  type: "message",
  id: `m${number}`,
  ...(number === 0 ? {} : { parentId: `m${number - 1}` }),
  timestamp: TIME,
  message: { role, content },
});

const gemini = (number: number, type: string, content: unknown): Row => ({
  id: `m${number}`,
  timestamp: TIME,
  type,
  content,
});

const kimi = (type: string, members: Row): Row => ({
  type: `context.${type}`,
  agentId: "main",
  ...members,
  time: Date.parse(TIME),
});

/** The events of one answer of the model. */
const kimiStep = (number: number, ...events: Row[]): Row[] => {
  const step = `s${number}`;
  return [
    { type: "step.begin", uuid: step },
    ...events.map((event) => ({ ...event, stepUuid: step })),
    { type: "step.end", uuid: step, finishReason: "end_turn" },
  ].map((event) => kimi("append_loop_event", { event }));
};

const pi = (number: number, message: Row): Row => ({
  type: "message",
  id: `m${number}`,
  parentId: number === 0 ? null : `m${number - 1}`,
  timestamp: TIME,
  message,
});

const qwen = (id: string, number: number, type: string, parts: unknown): Row => ({
  uuid: `m${number}`,
  parentUuid: number === 0 ? null : `m${number - 1}`,
  sessionId: id,
  timestamp: TIME,
  type,
  cwd: "/home/dev/projects/app",
  message: { role: type === "assistant" ? "model" : "user", parts },
});

const DIALECTS: Record<LineAgent, Dialect> = {
  "claude-code": {
    head: () => [],
    user: (id, number, text) => [claude(id, number, "user", text)],
    assistant: (id, number, text) => [claude(id, number, "assistant", [{ type: "text", text }])],
    call: (id, number, input) => [
      claude(id, number, "assistant", [{ type: "tool_use", id: `toolu_${number}`, name: "Bash", input }]),
      claude(id, number + 1, "user", [
        { type: "tool_result", tool_use_id: `toolu_${number}`, content: "ok" },
      ]),
    ],
  },
  codex: {
    head: (id) => [
      codex("session_meta", {
        id,
        timestamp: TIME,
        cwd: "/home/dev/projects/app",
        originator: "codex-tui",
        cli_version: "0.169.0",
        source: "cli",
      }),
    ],
    user: (_id, _number, text) => [
      codex("event_msg", { type: "user_message", message: text }),
      codex("response_item", { type: "message", role: "user", content: [{ type: "input_text", text }] }),
    ],
    assistant: (_id, _number, text) => [
      codex("response_item", {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text }],
      }),
    ],
    call: (_id, number, input) => [
      codex("response_item", {
        type: "function_call",
        name: "exec_command",
        call_id: `c${number}`,
        arguments: input,
      }),
      codex("response_item", { type: "function_call_output", call_id: `c${number}`, output: "ok" }),
    ],
  },
  copilot: {
    head: (id) => [
      copilot("session.start", 0, {
        sessionId: id,
        version: 1,
        producer: "copilot-agent",
        copilotVersion: "1.0.102",
        startTime: TIME,
        context: { cwd: "/home/dev/projects/app" },
      }),
    ],
    user: (_id, number, text) => [copilot("user.message", number, { content: text })],
    assistant: (_id, number, text) => [
      copilot("assistant.message", number, { messageId: `m${number}`, content: text, toolRequests: [] }),
    ],
    call: (_id, number, input) => [
      copilot("assistant.message", number, {
        messageId: `m${number}`,
        content: "",
        toolRequests: [{ toolCallId: `c${number}`, name: "bash", arguments: input, type: "function" }],
      }),
      copilot("tool.execution_complete", number + 1, {
        toolCallId: `c${number}`,
        success: true,
        result: { content: "ok" },
      }),
    ],
  },
  factory: {
    head: (id) => [
      {
        type: "session_start",
        id,
        title: "Made",
        owner: "unknown",
        version: 2,
        cwd: "/home/dev/projects/app",
      },
    ],
    user: (_id, number, text) => [factory(number, "user", [{ type: "text", text }])],
    assistant: (_id, number, text) => [factory(number, "assistant", [{ type: "text", text }])],
    call: (_id, number, input) => [
      factory(number, "assistant", [{ type: "tool_use", id: `c${number}`, name: "Execute", input }]),
      factory(number + 1, "user", [
        { type: "tool_result", tool_use_id: `c${number}`, content: "ok", is_error: false },
      ]),
    ],
  },
  gemini: {
    head: (id) => [{ sessionId: id, projectHash: "00", startTime: TIME, lastUpdated: TIME, kind: "main" }],
    user: (_id, number, text) => [gemini(number, "user", [{ text }])],
    assistant: (_id, number, text) => [gemini(number, "gemini", text)],
    call: (_id, number, input) => [
      gemini(number, "gemini", [
        { functionCall: { id: `c${number}`, name: "run_shell_command", args: input } },
      ]),
      gemini(number + 1, "user", [
        { functionResponse: { id: `c${number}`, name: "run_shell_command", response: { output: "ok" } } },
      ]),
    ],
  },
  kimi: {
    head: () => [{ type: "metadata", protocol_version: "1.5", created_at: Date.parse(TIME) }],
    user: (_id, number, text) => [
      kimi("append_message", {
        message: {
          role: "user",
          content: [{ type: "text", text }],
          id: `msg_${number}`,
          toolCalls: [],
          origin: { kind: "user" },
        },
      }),
    ],
    assistant: (_id, number, text) =>
      kimiStep(number, { type: "content.part", uuid: `p${number}`, part: { type: "text", text } }),
    call: (_id, number, input) =>
      kimiStep(
        number,
        { type: "tool.call", uuid: `u${number}`, toolCallId: `c${number}`, name: "Bash", args: input },
        {
          type: "tool.result",
          parentUuid: `u${number}`,
          toolCallId: `c${number}`,
          result: { output: "ok" },
        },
      ),
  },
  pi: {
    head: (id) => [{ type: "session", version: 3, id, timestamp: TIME, cwd: "/home/dev/projects/app" }],
    user: (_id, number, text) => [pi(number, { role: "user", content: [{ type: "text", text }] })],
    assistant: (_id, number, text) => [pi(number, { role: "assistant", content: [{ type: "text", text }] })],
    call: (_id, number, input) => [
      pi(number, {
        role: "assistant",
        content: [{ type: "toolCall", id: `c${number}`, name: "bash", arguments: input }],
      }),
      pi(number + 1, {
        role: "toolResult",
        toolCallId: `c${number}`,
        toolName: "bash",
        content: [{ type: "text", text: "ok" }],
        isError: false,
      }),
    ],
  },
  qwen: {
    head: () => [],
    user: (id, number, text) => [qwen(id, number, "user", [{ text }])],
    assistant: (id, number, text) => [qwen(id, number, "assistant", [{ text }])],
    call: (id, number, input) => [
      qwen(id, number, "assistant", [
        { functionCall: { id: `c${number}`, name: "run_shell_command", args: input } },
      ]),
      qwen(id, number + 1, "tool_result", [
        { functionResponse: { id: `c${number}`, name: "run_shell_command", response: { output: "ok" } } },
      ]),
    ],
  },
};

/** JSON text that is spliced in as it is. */
export class Raw {
  readonly json: string;
  constructor(json: string) {
    this.json = json;
  }
}

const MARK = "@raw@";

/** What stands between the first and the last exchange of a made session. */
export type Middle = { call: unknown } | { user: string } | { line: string };

/** The lines of a session with the survivors around `middle`. `Raw` inputs are spliced in as JSON. */
export function* sessionLines(
  agent: LineAgent,
  number: number,
  middle: Iterable<Middle> = [],
): Generator<string> {
  const id = hostileId(number);
  const dialect = DIALECTS[agent];
  const [question = "", answer = "", last = "", end = ""] = SURVIVORS;
  let at = 0;
  const rows = (made: Row[], raw?: Raw): string[] =>
    made.map((row) => {
      const json = JSON.stringify(row);
      return raw ? json.replace(JSON.stringify(MARK), () => raw.json) : json;
    });
  yield* rows(dialect.head(id));
  yield* rows(dialect.user(id, at++, question));
  yield* rows(dialect.assistant(id, at++, answer));
  for (const part of middle) {
    if ("line" in part) yield part.line;
    else if ("user" in part) yield* rows(dialect.user(id, at++, part.user));
    else {
      const raw = part.call instanceof Raw ? part.call : undefined;
      yield* rows(dialect.call(id, at, raw ? MARK : part.call), raw);
      at += 2;
    }
  }
  yield* rows(dialect.user(id, at++, last));
  yield* rows(dialect.assistant(id, at++, end));
}

/** A whole session file; see `sessionLines`. */
export function sessionText(agent: LineAgent, number: number, middle: Iterable<Middle> = []): string {
  return `${[...sessionLines(agent, number, middle)].join("\n")}\n`;
}

/** JSON text of `levels` arrays inside each other. */
export function deepJson(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}
