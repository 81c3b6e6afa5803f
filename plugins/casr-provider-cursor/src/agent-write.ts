import type {
  Block,
  JsonObject,
  Message,
  ProjectedSession,
  SqlStatement,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { frameRead, frameShell, unframeRead, unframeShell } from "./agent-frame.ts";
import { wrapPrompt } from "./agent-text.ts";
import { uriOfPath } from "./paths.ts";
import { Turns } from "./agent-turns.ts";
import { bytesField, numberField } from "./wire.ts";

/** The tables of a chat's `store.db`. */
export const AGENT_SCHEMA = [
  "CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB)",
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)",
];

export interface AgentTarget {
  sessionId: string;
  title: string;
  workspace: string;
  startedAt: number;
  mark: JsonObject;
  world: World;
}

/** The rows of a chat: message blobs as they come, then the turns, the root and the record that names it. */
export async function* agentStatements(
  session: ProjectedSession,
  target: AgentTarget,
): AsyncIterable<SqlStatement> {
  const { world } = target;
  const messageIds: string[] = [];
  const insert = (data: Uint8Array): { id: string; statement: SqlStatement } => {
    const id = world.toolkit.sha256(data);
    // Equal contents are one blob.
    const sql = "INSERT OR IGNORE INTO blobs (id, data) VALUES (?, ?)";
    return { id, statement: { sql, params: [id, data] } };
  };
  const turns = new Turns(target.sessionId, insert, world);
  const calls = new Map<string, ToolCallBlock>();
  for await (const message of session.messages()) {
    for (const record of recordsOf(message, calls)) {
      const { id, statement } = insert(Buffer.from(JSON.stringify(record)));
      messageIds.push(id);
      yield statement;
    }
    yield* turns.take(message);
  }
  yield* turns.finish();
  const root = insert(
    Buffer.concat([
      ...messageIds.map((id) => bytesField(1, Buffer.from(id, "hex"))),
      ...turns.ids.map((id) => bytesField(8, Buffer.from(id, "hex"))),
      bytesField(9, uriOfPath(target.workspace)),
      numberField(10, 1),
      numberField(26, target.startedAt),
    ]),
  );
  yield root.statement;
  const meta = {
    agentId: target.sessionId,
    latestRootBlobId: root.id,
    name: target.title,
    mode: "default",
    createdAt: target.startedAt,
    workspacePath: target.workspace,
    casr: target.mark,
  };
  const value = Buffer.from(JSON.stringify(meta)).toString("hex");
  yield { sql: "INSERT INTO meta (key, value) VALUES ('0', ?)", params: [value] };
}

/** A message as records of the store. */
function recordsOf(message: Message, calls: Map<string, ToolCallBlock>): JsonObject[] {
  if (message.role === "assistant") {
    const content = message.content.flatMap(answerPart);
    for (const block of message.content) if (block.type === "tool_call") calls.set(block.id, block);
    return [{ id: "1", role: "assistant", content }];
  }
  const records: JsonObject[] = [];
  let texts: JsonObject[] = [];
  const flush = (): void => {
    if (texts.length === 0) return;
    const { origin } = message;
    const marked = origin === "injected" || origin === "command";
    const options = marked ? { providerOptions: { casr: { origin } } } : {};
    records.push({ role: "user", content: texts, ...options });
    texts = [];
  };
  for (const block of message.content) {
    if (block.type === "text") texts.push({ type: "text", text: wrapPrompt(block.text) });
    else if (block.type === "compaction") {
      flush();
      const content = [{ type: "text", text: block.summary }];
      records.push({ role: "user", content, providerOptions: { cursor: { isSummary: true } } });
    } else if (block.type === "tool_result") {
      flush();
      records.push(resultRecord(block, calls.get(block.callId)));
      calls.delete(block.callId);
    }
  }
  flush();
  return records;
}

function answerPart(block: Block): JsonObject[] {
  switch (block.type) {
    case "text":
      return [{ type: "text", text: block.text }];
    case "reasoning": {
      const { text, signature, encrypted } = block;
      if (encrypted !== undefined && block.redacted === true)
        return [{ type: "redacted-reasoning", data: encrypted }];
      return [
        {
          type: "reasoning",
          text,
          ...(signature === undefined ? {} : { signature }),
          ...(encrypted === undefined ? {} : { data: encrypted }),
        },
      ];
    }
    case "tool_call": {
      const { id, name, input, foreign } = block;
      const options = foreign === undefined ? {} : { providerOptions: { casr: { foreign: { ...foreign } } } };
      return [{ type: "tool-call", toolCallId: id, toolName: name, args: input, ...options }];
    }
    default:
      return [];
  }
}

/** What of an answer its words alone would not tell. */
interface Framed {
  text: string;
  /** The words would be taken for framing. */
  raw: boolean;
  /** What a reader takes from the words. */
  toldError: boolean;
}

function framedOf(block: ToolResultBlock, call: ToolCallBlock | undefined): Framed {
  const payload = block.content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const kind = call?.foreign === undefined ? call?.tool : undefined;
  const plain = (looksFramed: boolean): Framed => ({
    text: payload,
    raw: looksFramed,
    toldError: /^(?:Rejected:|Error: [^\n]{0,200}\s*$)/u.test(payload),
  });
  if (kind?.kind === "shell") {
    const known = block.exitCode !== undefined || !block.isError;
    const text = known ? frameShell(payload, block.exitCode ?? 0, block.durationMs) : undefined;
    if (text !== undefined) return { text, raw: false, toldError: (block.exitCode ?? 0) !== 0 };
    return plain(unframeShell(payload) !== undefined);
  }
  if (kind?.kind === "read") {
    const hasText = payload !== "" && !block.isError;
    const text = hasText ? frameRead(payload, kind.startLine ?? 1) : undefined;
    if (text !== undefined && unframeRead(text)?.payload === payload)
      return { text, raw: false, toldError: /^(?:Rejected:|Error: )/u.test(text) };
    return plain(unframeRead(payload) !== undefined);
  }
  return plain(false);
}

function resultRecord(block: ToolResultBlock, call: ToolCallBlock | undefined): JsonObject {
  const { text, raw, toldError } = framedOf(block, call);
  const name = call?.name ?? "tool";
  const part = { type: "tool-result", toolCallId: block.callId, toolName: name, result: text };
  const output = block.isError && !toldError ? { error: { error: text.slice(0, 2000) } } : undefined;
  const cursor =
    output === undefined ? {} : { cursor: { highLevelToolCallResult: { output, isError: true } } };
  const mark = { ...(raw ? { raw } : {}), ...(toldError && !block.isError ? { isError: false } : {}) };
  const casr = Object.keys(mark).length === 0 ? {} : { casr: mark };
  const options = { ...cursor, ...casr };
  return {
    role: "tool",
    id: block.callId,
    content: [{ ...part, experimental_content: [{ type: "text", text }] }],
    ...(Object.keys(options).length === 0 ? {} : { providerOptions: options }),
  };
}
