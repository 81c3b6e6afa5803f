import type {
  Block,
  ImageBlock,
  JsonObject,
  JsonValue,
  Message,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { unframeRead, unframeShell } from "./agent-frame.ts";
import { userTexts } from "./agent-text.ts";
import { isObject, objectOf, objectsOf, stringOf } from "./json.ts";
import { defined, foreignOf } from "./mark.ts";
import { modelName } from "./native.ts";
import { canonicalTool } from "./tools.ts";

/** Turns messages of `cursor-agent` (the AI SDK's shape) into the common form, one at a time. */
export class AgentMessages {
  readonly #world: World;
  readonly #path: string;
  /** Kinds of the calls whose answers have a form of their own, by id. */
  readonly #kinds = new Map<string, string>();
  readonly #told = new Set<string>();
  #index = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  of(record: JsonObject): Message[] {
    switch (record["role"]) {
      case "user":
        return this.#user(record);
      case "assistant":
        return this.#message(record, "assistant", this.#answer(record));
      case "tool":
        return this.#message(record, "tool", this.#results(record));
      case "system":
        // The agent's own instructions, made anew at every start.
        return [];
      default:
        this.#tell("unknown-record", `messages of the role ${JSON.stringify(record["role"])} are left out`);
        return [];
    }
  }

  #tell(code: string, message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#world.warn({ code, message, path: this.#path });
  }

  #message(record: JsonObject, role: string, content: Block[], more: Partial<Message> = {}): Message[] {
    if (content.length === 0) return [];
    const timestamp = this.#world.toolkit.parseTimestamp(record["createdAt"] ?? record["timestamp"]);
    const model = role === "assistant" ? modelOf(record) : undefined;
    const message = { index: this.#index, role, content, inContext: true, ...more };
    this.#index += 1;
    return [{ ...message, ...defined({ timestamp, model }) }];
  }

  #user(record: JsonObject): Message[] {
    const options = objectOf(record, "providerOptions");
    const mark = objectOf(options, "casr");
    if (objectOf(options, "cursor")?.["isSummary"] === true) {
      const summary = partsOf(record["content"])
        .flatMap((part) => stringOf(part, "text") ?? [])
        .join("\n\n");
      return this.#message(record, "user", summary === "" ? [] : [{ type: "compaction", summary }], {
        origin: "compaction",
      });
    }
    const marked = stringOf(mark, "origin");
    const messages: Message[] = [];
    let content: Block[] = [];
    let origin: Message["origin"];
    const flush = (): void => {
      messages.push(...this.#message(record, "user", content, { origin: origin ?? "person" }));
      content = [];
    };
    for (const part of partsOf(record["content"])) {
      const text = stringOf(part, "text");
      if (text === undefined || part["type"] !== "text") {
        content.push(...this.#media(part));
        continue;
      }
      for (const said of userTexts(text)) {
        const from = marked === "injected" || marked === "command" ? marked : said.origin;
        if (content.length > 0 && origin !== undefined && origin !== from) flush();
        origin = from;
        content.push({ type: "text", text: said.text });
      }
    }
    flush();
    return messages;
  }

  #answer(record: JsonObject): Block[] {
    return partsOf(record["content"]).flatMap((part): Block[] => {
      const text = stringOf(part, "text");
      switch (part["type"]) {
        case "text":
          return text === undefined || text === "" ? [] : [{ type: "text", text }];
        case "reasoning":
        case "thinking":
          return this.#reasoning(text ?? stringOf(part, "thinking") ?? "", part);
        case "redacted-reasoning":
          return this.#reasoning("", part);
        case "tool-call":
          return this.#call(part);
        default:
          return this.#media(part);
      }
    });
  }

  #reasoning(text: string, part: JsonObject): Block[] {
    const signature = stringOf(part, "signature");
    const encrypted = stringOf(part, "data");
    if (text === "" && signature === undefined && encrypted === undefined) return [];
    return [
      {
        type: "reasoning",
        text,
        issuer: "cursor",
        ...defined({ signature, encrypted }),
        ...(part["type"] === "redacted-reasoning" ? { redacted: true } : {}),
      },
    ];
  }

  #call(part: JsonObject): Block[] {
    const id = stringOf(part, "toolCallId");
    const name = stringOf(part, "toolName") ?? stringOf(part, "name");
    if (id === undefined || name === undefined || id === "" || name === "") {
      this.#tell("bad-record", "a tool call without id or name is left out");
      return [];
    }
    const input = part["args"] ?? part["input"] ?? {};
    const foreign = foreignOf(objectOf(objectOf(part, "providerOptions"), "casr"));
    const tool = foreign === undefined ? canonicalTool(name, input, this.#world.toolkit) : undefined;
    if (tool?.kind === "shell" || tool?.kind === "read") this.#kinds.set(id, tool.kind);
    const block: ToolCallBlock = { type: "tool_call", id, name, input };
    return [{ ...block, ...defined({ tool, foreign }) }];
  }

  #results(record: JsonObject): ToolResultBlock[] {
    return objectsOf(record, "content").flatMap((part) => {
      const callId = stringOf(part, "toolCallId");
      if (part["type"] !== "tool-result" || callId === undefined || callId === "") {
        this.#tell("bad-record", "a tool's answer without the id of its call is left out");
        return [];
      }
      return [this.#result(callId, part, record)];
    });
  }

  #result(callId: string, part: JsonObject, record: JsonObject): ToolResultBlock {
    const options = objectOf(record, "providerOptions");
    const mark = objectOf(options, "casr");
    const high = objectOf(objectOf(options, "cursor"), "highLevelToolCallResult");
    const framed = resultText(part);
    const kind = this.#kinds.get(callId);
    this.#kinds.delete(callId);
    const plain = mark?.["raw"] === true || kind === undefined;
    const found = plain ? undefined : kind === "shell" ? unframeShell(framed) : unframeRead(framed);
    const text = found?.payload ?? framed;
    const isError = errorOf(mark, high, part, record, found?.exitCode, framed);
    const images = objectsOf(part, "experimental_content").flatMap((item) =>
      item["type"] === "text" ? [] : this.#media(item),
    );
    const content: (TextBlock | ImageBlock)[] = [
      ...(text === "" ? [] : [{ type: "text" as const, text }]),
      ...images.filter((block) => block.type === "image"),
    ];
    return {
      type: "tool_result",
      callId,
      content,
      isError,
      ...defined({ exitCode: found?.exitCode, durationMs: found?.durationMs }),
      ...(text === framed ? {} : { framed }),
    };
  }

  /** Images in the shapes the AI SDK and other writers of this store have. */
  #media(part: JsonObject): ImageBlock[] {
    const source = objectOf(part, "source");
    const given = stringOf(part, "image") ?? stringOf(part, "data") ?? stringOf(source, "data");
    const named = stringOf(part, "mimeType") ?? stringOf(part, "mediaType") ?? stringOf(source, "media_type");
    const url = /^data:([^;,]+);base64,([\s\S]*)$/u.exec(given ?? "");
    const base64 = url?.[2] ?? given;
    const mediaType = url?.[1] ?? named ?? (part["type"] === "image" ? "image/png" : undefined);
    const isImage = base64 !== undefined && mediaType?.startsWith("image/") === true;
    if (isImage && /^[A-Za-z0-9+/\s]+={0,2}\s*$/u.test(base64))
      return [{ type: "image", mediaType, data: { base64: base64.replace(/\s+/gu, "") } }];
    this.#tell("unknown-record", `content of the type ${JSON.stringify(part["type"])} is left out`);
    return [];
  }
}

/** Content as parts: a string is one text part. */
function partsOf(content: JsonValue | undefined): JsonObject[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function modelOf(record: JsonObject): string | undefined {
  const own = objectOf(objectOf(record, "providerOptions"), "cursor");
  const named = modelName(own?.["modelName"]);
  if (named !== undefined) return named;
  for (const part of objectsOf(record, "content")) {
    const found = modelName(objectOf(objectOf(part, "providerOptions"), "cursor")?.["modelName"]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function resultText(part: JsonObject): string {
  const { result } = part;
  if (typeof result === "string") return result;
  const texts = objectsOf(part, "experimental_content").flatMap((item) => stringOf(item, "text") ?? []);
  if (texts.length > 0) return texts.join("\n");
  return result === undefined || result === null ? "" : JSON.stringify(result);
}

/** Whether a call failed: what the record says first, the wording last. */
function errorOf(
  mark: JsonObject | undefined,
  high: JsonObject | undefined,
  part: JsonObject,
  record: JsonObject,
  exitCode: number | undefined,
  text: string,
): boolean {
  const said = [mark?.["isError"], part["isError"], record["isError"]];
  const flag = said.find((value) => typeof value === "boolean");
  if (flag !== undefined) return flag === true;
  const output = objectOf(high, "output");
  if (
    high?.["isError"] === true ||
    ["error", "failure", "rejected"].some((key) => output?.[key] !== undefined)
  )
    return true;
  if (exitCode !== undefined) return exitCode !== 0;
  if (output?.["success"] !== undefined) return false;
  return /^(?:Rejected:|Error: [^\n]{0,200}\s*$)/u.test(text);
}
