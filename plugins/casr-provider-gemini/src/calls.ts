import type {
  JsonObject,
  JsonValue,
  TextBlock,
  ImageBlock,
  ToolCallBlock,
  ToolResultBlock,
} from "casr-cli/provider";
import { isObject, objectOf, objectsOf, stringOf } from "./json.ts";
import { partsOf, wireId } from "./native.ts";
import { decodeResult, imageBlock, isImage, mediaOf, type Media } from "./results.ts";
import { canonicalTool } from "./tools.ts";

/** A functionResponse with the media that follow it. */
export interface ResponseGroup {
  response: JsonObject;
  media: Media[];
}

/** What the parts of a user message are: answers to calls, and the rest. */
export interface SortedParts {
  groups: ResponseGroup[];
  /** Positions and parts that belong to no answer. */
  rest: { part: JsonObject; position: number }[];
}

/** Media directly behind a functionResponse belong to it; a text ends that. */
export function sortParts(parts: JsonObject[]): SortedParts {
  const groups: ResponseGroup[] = [];
  const rest: SortedParts["rest"] = [];
  let current: ResponseGroup | undefined;
  for (const [position, part] of parts.entries()) {
    const response = objectOf(part, "functionResponse");
    const media = mediaOf(part);
    if (response !== undefined) {
      current = { response, media: [] };
      for (const inner of objectsOf(response, "parts")) {
        const attached = mediaOf(inner);
        if (attached !== undefined) current.media.push(attached);
      }
      groups.push(current);
    } else if (media !== undefined && current !== undefined) {
      current.media.push(media);
    } else {
      current = undefined;
      rest.push({ part, position });
    }
  }
  return { groups, rest };
}

/** One use of a call id. */
interface Use {
  id: string;
  name: string;
  answered: boolean;
  failed: boolean;
}

/** What a `toolCalls[]` record says about a call. */
interface CallRecord {
  displayName?: string;
  status?: string;
  foreign?: ToolCallBlock["foreign"];
}

/** Documents a tool gave back; a result has no place for them. */
export interface Answers {
  results: ToolResultBlock[];
  documents: Media[];
}

/** Remembers which calls were made and answered: the CLI records each answer two times and more. */
export class CallBook {
  readonly #uses = new Map<string, Use>();
  readonly #taken = new Set<string>();
  /** The number to try next for an id that is in use. */
  readonly #attempts = new Map<string, number>();
  /** Answers whose call is nowhere. */
  readonly #orphans = new Set<string>();
  /** Calls without an id, in order: their answers are told by name alone. */
  readonly #nameless: Use[] = [];
  readonly #servers: ReadonlySet<string>;

  /** `servers` are the MCP servers that labels anywhere in the session name. */
  constructor(servers: ReadonlySet<string>) {
    this.#servers = servers;
  }

  /** The block of a call. A call without an id gets one that its answer, found by name, shares. */
  call(
    record: { id?: string | undefined; name: string; input: JsonValue; native?: JsonValue },
    about: CallRecord,
  ): ToolCallBlock {
    const { name, input } = record;
    const wire = record.id === undefined ? undefined : wireId(record.id, name);
    const id = this.#free(wire ?? `synth_${name}_${this.#nameless.length + 1}`);
    const failed = about.status === "error" || about.status === "cancelled";
    const use: Use = { id, name, answered: false, failed };
    if (wire === undefined) this.#nameless.push(use);
    else this.#uses.set(wire, use);
    const tool =
      about.foreign === undefined ? canonicalTool(name, input, about.displayName, this.#servers) : undefined;
    return {
      type: "tool_call",
      id,
      name,
      input,
      ...(tool === undefined ? {} : { tool }),
      ...(about.foreign === undefined ? {} : { foreign: about.foreign }),
      ...(record.native === undefined ? {} : { native: record.native }),
    };
  }

  #free(wanted: string): string {
    let id = wanted;
    // A thousand calls of one id must not try a thousand names each.
    let attempt = this.#attempts.get(wanted) ?? 2;
    for (; this.#taken.has(id); attempt += 1) id = `${wanted}_${attempt}`;
    if (id !== wanted) this.#attempts.set(wanted, attempt);
    this.#taken.add(id);
    return id;
  }

  #namelessUse(name: string): Use | undefined {
    const uses = this.#nameless.filter((use) => use.name === name);
    return uses.find((use) => !use.answered) ?? uses.at(-1);
  }

  /** The answers among `groups` that were not given before. `marks` are casr's notes by recorded id. */
  answers(groups: ResponseGroup[], marks?: JsonObject): Answers {
    const results: ToolResultBlock[] = [];
    const documents: Media[] = [];
    for (const { response, media } of groups) {
      const name = stringOf(response, "name") ?? "";
      const recorded = stringOf(response, "id");
      const key = recorded === undefined ? `synth_orph_${name}` : wireId(recorded, name);
      const use = recorded === undefined ? this.#namelessUse(name) : this.#uses.get(key);
      if (use === undefined ? this.#orphans.has(key) : use.answered) continue;
      if (use === undefined) this.#orphans.add(key);
      else use.answered = true;
      const mark = recorded === undefined ? undefined : marks?.[recorded];
      const { content, ...decoded } = decodeResult(use?.name ?? name, response["response"], mark);
      const pictures = media.filter(isImage).map(imageBlock);
      const apart = media.filter((item) => !isImage(item));
      documents.push(...apart);
      const blocks: (TextBlock | ImageBlock)[] = [...content, ...pictures];
      const isError = decoded.isError || (mark === undefined && use?.failed === true);
      // The text of a read document is a remark, not the file's own first line.
      const cut = apart.length > 0 ? { truncated: true } : {};
      results.push({
        type: "tool_result",
        callId: use?.id ?? key,
        ...decoded,
        ...cut,
        content: blocks,
        isError,
      });
    }
    return { results, documents };
  }
}

/** What `toolCalls[]` and casr's marks say about each call of an answer, by recorded id. */
export function callRecords(message: JsonObject): Map<string, CallRecord> {
  const foreign = objectOf(objectOf(message, "casr"), "foreign");
  const records = new Map<string, CallRecord>();
  const place = (id: string): CallRecord => {
    const record = records.get(id) ?? {};
    records.set(id, record);
    return record;
  };
  for (const call of objectsOf(message, "toolCalls")) {
    const id = stringOf(call, "id");
    if (id === undefined) continue;
    const own = id.startsWith(UI_PREFIX);
    const record = place(own ? id.slice(UI_PREFIX.length) : id);
    const displayName = stringOf(call, "displayName");
    const status = own ? undefined : stringOf(call, "status");
    if (displayName !== undefined) record.displayName = displayName;
    if (status !== undefined) record.status = status;
  }
  for (const [id, value] of Object.entries(foreign ?? {})) {
    const provider = stringOf(value, "provider");
    const name = stringOf(value, "name");
    if (provider !== undefined && name !== undefined) place(id).foreign = { provider, name };
  }
  return records;
}

/** In front of the ids of `toolCalls[]` that casr writes for the user interface alone. */
export const UI_PREFIX = "ui:";

/** The functionResponse groups in `toolCalls[].result`, in the form the CLI sends them. */
export function recordedResults(message: JsonObject): ResponseGroup[] {
  return objectsOf(message, "toolCalls").flatMap((call) => {
    const { result } = call;
    if (result === undefined || result === null || result === "") return [];
    if (typeof result === "string")
      return [{ response: { ...idAndName(call), response: { output: result } }, media: [] }];
    return sortParts(
      partsOf(isObject(result) && result["functionResponse"] === undefined ? [result] : result),
    ).groups;
  });
}

function idAndName(call: JsonObject): JsonObject {
  const id = stringOf(call, "id");
  return { name: stringOf(call, "name") ?? "", ...(id === undefined ? {} : { id }) };
}
