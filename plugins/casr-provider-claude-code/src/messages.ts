import type {
  Block,
  History,
  JsonObject,
  Message,
  Origin,
  Toolkit,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { attachedContent } from "./attachments.ts";
import { contentBlocks, textBlock } from "./content.ts";
import { resultShape, type ResultShape } from "./frame.ts";
import { isJsonObject, objectAt, stringAt } from "./json.ts";
import { SYNTHETIC_MODEL, isCommandText, isMachineText } from "./native.ts";
import { responseBlocks, usageOf } from "./responses.ts";
import { resultBlock, resultDocuments } from "./results.ts";
import { RecordSource } from "./source.ts";
import type { Step, StepList } from "./steps.ts";
import type { Places } from "./table.ts";

type Draft = Omit<Message, "index" | "inContext">;

const timeOf = ({ timestamp }: Draft): Pick<Draft, "timestamp"> =>
  timestamp === undefined ? {} : { timestamp };

const INTERRUPTED =
  "[Tool call interrupted: the session ended before this call's result was recorded, so its outcome is unknown. " +
  "Check whether it took effect before relying on it or running it again.]";

const NO_SHAPE: ResultShape = { tool: "other", firstLine: 1 };

function originOf(record: JsonObject, text: string): Origin {
  if (record["isMeta"] === true) return "injected";
  if (isCommandText(text)) return "command";
  const machine = isMachineText(text) || stringAt(objectAt(record, "origin"), "kind") === "task-notification";
  return machine ? "injected" : "person";
}

/** The record of a prompt typed while a tool ran, or of what a hook said, so that a fork can keep it as it is. */
function attachmentExtra(record: JsonObject): Pick<Draft, "extra"> {
  const attachment = objectAt(record, "attachment");
  const type = stringAt(attachment, "type") ?? "";
  const queued = type === "queued_command" && typeof attachment?.["prompt"] === "string";
  if (attachment === undefined || (!queued && !type.startsWith("hook_"))) return {};
  const { rendered, renderedRole } = record;
  return {
    extra: {
      attachment,
      ...(rendered === undefined ? {} : { rendered }),
      ...(renderedRole === undefined ? {} : { renderedRole }),
    },
  };
}

/** Turns the steps of a branch into messages, loading one record after the other. */
class MessageMaker {
  readonly #places: Places;
  readonly #source: RecordSource;
  readonly #toolkit: Toolkit;
  /** Calls that wait for their result, and how that result is dressed. */
  readonly #open = new Map<string, ResultShape>();
  readonly #answered = new Set<string>();
  /** Calls of the newest response. */
  #newest: string[] = [];

  constructor(places: Places, source: RecordSource, toolkit: Toolkit) {
    this.#places = places;
    this.#source = source;
    this.#toolkit = toolkit;
  }

  /** The messages of one step. */
  async make(step: Step): Promise<Draft[]> {
    if (step.kind === "single") return this.#single(step.record);
    const drafts = await this.#response(step.lines);
    // Documents out of results come behind all of them: nothing may stand between the answers of one response.
    const documents: Draft[] = [];
    for (const position of step.results) {
      for (const draft of await this.#single(position)) {
        if (draft.extra?.["ofResult"] === undefined) drafts.push(draft);
        else documents.push(draft);
      }
    }
    drafts.push(...documents);
    return drafts;
  }

  /** What the agent (2.1.329) answers in place of results that the end of the session cut off. */
  interrupted(): Draft | undefined {
    const content = this.#newest
      .filter((callId) => this.#open.has(callId))
      .map((callId): ToolResultBlock => {
        const text = { type: "text" as const, text: INTERRUPTED };
        return { type: "tool_result", callId, content: [text], isError: true, synthetic: true };
      });
    return content.length === 0 ? undefined : { role: "tool", content };
  }

  #load(position: number): Promise<JsonObject | undefined> {
    return this.#source.record(this.#places.at(position));
  }

  #time(record: JsonObject): { timestamp?: number } {
    const timestamp = this.#toolkit.parseTimestamp(record["timestamp"]);
    return timestamp === undefined ? {} : { timestamp };
  }

  /**
   * One response; nothing when nothing of it is sent (errors, reasoning alone). Answers of the service's own
   * tools divide it: they come as messages between its parts.
   */
  async #response(lines: number[]): Promise<Draft[]> {
    const content: Block[] = [];
    let draft: Draft | undefined;
    for (const position of lines) {
      const record = await this.#load(position);
      if (record === undefined) continue;
      const message = objectAt(record, "message");
      const model = stringAt(message, "model");
      const id = stringAt(message, "id") ?? stringAt(record, "uuid");
      const usage = usageOf(record);
      const stopReason = stringAt(message, "stop_reason");
      draft = {
        ...(draft ?? {
          role: "assistant",
          content,
          ...(id === undefined ? {} : { id }),
          ...this.#time(record),
        }),
        ...(model === undefined || model === SYNTHETIC_MODEL ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
        ...(stopReason === undefined ? {} : { stopReason }),
      };
      content.push(...responseBlocks(record));
    }
    // Another agent's reasoning is for the eye alone, and so as good as sent.
    if (
      draft === undefined ||
      content.every((block) => block.type === "reasoning" && block.displayOnly !== true)
    )
      return [];
    const drafts: Draft[] = [];
    this.#newest = [];
    for (const block of content) {
      const role = block.type === "tool_result" ? "tool" : "assistant";
      const last = drafts.at(-1);
      if (last?.role === role) last.content.push(block);
      else if (role === "assistant") drafts.push({ ...draft, content: [block] });
      else drafts.push({ role, content: [block], ...timeOf(draft) });
      if (block.type === "tool_result") this.#open.delete(block.callId);
      if (block.type !== "tool_call") continue;
      this.#newest.push(block.id);
      this.#open.set(block.id, resultShape(block.name, block.input));
      this.#answered.delete(block.id);
    }
    return drafts;
  }

  async #single(position: number): Promise<Draft[]> {
    const record = await this.#load(position);
    if (record === undefined) return [];
    const id = stringAt(record, "uuid");
    const base = { ...(id === undefined ? {} : { id }), ...this.#time(record) };
    if (record["type"] === "attachment") {
      const attached = attachedContent(record);
      if (attached === undefined || attached.blocks.length === 0) return [];
      return [
        {
          role: "user",
          content: attached.blocks,
          origin: attached.origin,
          ...attachmentExtra(record),
          ...base,
        },
      ];
    }
    if (record["type"] === "system") {
      const content = textBlock(stringAt(record, "content"));
      return content.length === 0 ? [] : [{ role: "user", content, origin: "command", ...base }];
    }
    return this.#user(record, base);
  }

  #user(record: JsonObject, base: Pick<Draft, "id" | "timestamp">): Draft[] {
    const content = objectAt(record, "message")?.["content"];
    if (record["isCompactSummary"] === true) {
      const texts = contentBlocks(content).flatMap((block) => (block.type === "text" ? block.text : []));
      if (texts.length === 0) return [];
      return [
        {
          role: "user",
          content: [{ type: "compaction", summary: texts.join("\n") }],
          origin: "compaction",
          ...base,
        },
      ];
    }
    const drafts: Draft[] = [];
    // Results and other blocks of one record become messages of their own, in the record's order.
    for (const value of Array.isArray(content) ? content : [content]) {
      const isResult = isJsonObject(value) && value["type"] === "tool_result";
      const blocks = isResult
        ? this.#result(value, record)
        : contentBlocks(typeof value === "string" ? value : value === undefined ? [] : [value]);
      if (blocks.length === 0) continue;
      const documents = isResult ? resultDocuments(value) : [];
      const role = isResult ? "tool" : "user";
      const last = drafts.at(-1);
      if (last?.role === role) last.content.push(...blocks);
      else
        drafts.push({
          role,
          content: blocks,
          ...base,
          ...(isResult ? {} : this.#userFields(record, blocks)),
        });
      if (documents.length > 0) {
        const extra = { ofResult: (blocks[0] as ToolResultBlock).callId };
        drafts.push({ role: "user", content: documents, origin: "injected", extra, ...base });
      }
    }
    return drafts;
  }

  #userFields(record: JsonObject, blocks: Block[]): Pick<Draft, "origin" | "extra"> {
    const text = blocks.find((block) => block.type === "text")?.text ?? "";
    const kind = stringAt(objectAt(record, "origin"), "kind");
    // The agent wraps a notification in a warning only when its record says what it is.
    const extra = kind === "task-notification" ? { extra: { originKind: kind } } : {};
    return { origin: originOf(record, text), ...extra };
  }

  /** A further answer to a call that has one is not sent. */
  #result(block: JsonObject, record: JsonObject): ToolResultBlock[] {
    const callId = stringAt(block, "tool_use_id");
    if (callId === undefined || this.#answered.has(callId)) return [];
    const shape = this.#open.get(callId) ?? NO_SHAPE;
    this.#open.delete(callId);
    this.#answered.add(callId);
    return [resultBlock(block, record, shape)];
  }
}

/** What the branch of a session is made of: the records it needs, and in which order. */
export interface Script {
  path: string;
  places: Places;
  context: StepList;
  before: StepList;
  /** Messages in front of those that were read. */
  earlier: number;
}

/** The messages of a session's active branch. */
export async function* sessionMessages(
  script: Script,
  history: History,
  world: World,
): AsyncIterable<Message> {
  const source = new RecordSource(script.path, world);
  const maker = new MessageMaker(script.places, source, world.toolkit);
  let position = script.earlier;
  const parts: [steps: Iterable<Step>, inContext: boolean][] = [
    [history === "full" ? script.before : [], false],
    [script.context, true],
  ];
  try {
    for (const [steps, inContext] of parts) {
      for (const step of steps) {
        world.signal.throwIfAborted();
        for (const draft of await maker.make(step)) {
          yield { index: position, ...draft, inContext };
          position += 1;
        }
      }
    }
  } finally {
    await source.close();
  }
  const interrupted = maker.interrupted();
  if (interrupted !== undefined) yield { index: position, ...interrupted, inContext: true };
}
