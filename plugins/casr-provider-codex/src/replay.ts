import type { JsonObject, JsonValue, Toolkit } from "casr-cli/provider";
import { isSummary, startsTurn, typedText } from "./context.ts";
import { arrayOf, isObject, stringOf } from "./json.ts";

export type Pairing = "function" | "custom" | "search";

/** One item of the model's history: a line of the file, or one part of the replacement in a `compacted` line. */
export interface Slot {
  /** Number of the line, counted over all files of the session. */
  record: number;
  /** Index within the replacement; -1 for an item that is a line of its own. */
  part: number;
  /** A prompt: rollbacks count these. */
  startsTurn: boolean;
  /** A context message that a rollback takes away together with the prompt behind it. */
  trims: boolean;
  call?: { id: string; pairing: Pairing };
  output?: { id: string; pairing: Pairing };
  /** Digest of a user message's content, to find it again in a replacement. */
  digest?: string;
  /** Typed text, kept only for messages, for the old form of compaction. */
  typed?: string;
}

/** Tokens of user messages that the old form of compaction keeps (0.47 and, on load, 0.169.0). */
const KEPT_USER_TOKENS = 20_000;
const BYTES_PER_TOKEN = 4;

const byteLength = (text: string): number => Buffer.byteLength(text);

/** Cuts the middle out as Codex does: what is left of both ends, at character borders, and a note between them. */
function truncateMiddle(text: string, tokens: number): string[] {
  const bytes = Buffer.from(text);
  const budget = tokens * BYTES_PER_TOKEN;
  let left = Math.floor(budget / 2);
  let right = bytes.length - (budget - left);
  const continues = (index: number): boolean => ((bytes[index] ?? 0) & 0xc0) === 0x80;
  while (left > 0 && continues(left)) left -= 1;
  while (right < bytes.length && continues(right)) right += 1;
  const removed = Math.ceil((bytes.length - budget) / BYTES_PER_TOKEN);
  return [
    bytes.subarray(0, left).toString(),
    `…${removed} tokens truncated…`,
    bytes.subarray(right).toString(),
  ];
}

function userItem(texts: string[]): JsonObject {
  return { type: "message", role: "user", content: texts.map((text) => ({ type: "input_text", text })) };
}

/** The history that the old form of compaction leaves: the last user messages and the summary. */
function oldReplacement(userTexts: string[], summary: string): JsonObject[] {
  const kept: string[][] = [];
  let left = KEPT_USER_TOKENS;
  for (const text of userTexts.toReversed()) {
    if (left === 0) break;
    const tokens = Math.ceil(byteLength(text) / BYTES_PER_TOKEN);
    kept.push(tokens <= left ? [text] : truncateMiddle(text, left));
    if (tokens > left) break;
    left -= tokens;
  }
  return [...kept.toReversed(), [summary === "" ? "(no summary available)" : summary]].map(userItem);
}

/** Whether an item of a replacement is a summary that only the service can read. */
function isOpaque(item: JsonValue): boolean {
  const type = stringOf(item, "type");
  return type === "compaction" || type === "context_compaction" || type === "compaction_summary";
}

/** The slot of a response item. Only what later steps need is taken from it. */
export function slotOf(
  item: JsonObject,
  record: number,
  part: number,
  toolkit: Pick<Toolkit, "sha256">,
): Slot {
  const slot: Slot = { record, part, startsTurn: false, trims: false };
  const id = stringOf(item, "call_id");
  switch (stringOf(item, "type")) {
    case "message": {
      const role = stringOf(item, "role");
      if (role !== "user" && role !== "developer") break;
      slot.startsTurn = startsTurn(item);
      slot.trims = !slot.startsTurn && (role === "user" || trimsWithPrompt(item));
      if (role === "user") slot.digest = toolkit.sha256(JSON.stringify(item["content"] ?? null)).slice(0, 24);
      if (slot.startsTurn) slot.typed = typedText(item);
      break;
    }
    case "agent_message":
      slot.startsTurn = true;
      break;
    case "function_call":
      if (id !== undefined) slot.call = { id, pairing: "function" };
      break;
    case "local_shell_call":
      slot.call = { id: id ?? stringOf(item, "id") ?? "", pairing: "function" };
      break;
    case "custom_tool_call":
      if (id !== undefined) slot.call = { id, pairing: "custom" };
      break;
    case "tool_search_call":
      if (id !== undefined) slot.call = { id, pairing: "search" };
      break;
    case "function_call_output":
      if (id !== undefined) slot.output = { id, pairing: "function" };
      break;
    case "custom_tool_call_output":
      if (id !== undefined) slot.output = { id, pairing: "custom" };
      break;
    case "tool_search_output":
      if (id !== undefined) slot.output = { id, pairing: "search" };
      break;
  }
  return slot;
}

/** Developer texts that describe settings; a rollback takes them away when they stand right before the prompt. */
const SETTINGS =
  /^\s*<(?:permissions instructions|model_switch|collaboration_mode|multi_agent_mode|environments_instructions|plugins_instructions|skills_instructions|realtime_conversation|personality_spec|token_budget|context_window|context_window_guidance|rollout_budget)>/i;

function trimsWithPrompt(item: JsonObject): boolean {
  return arrayOf(item, "content").some((part) => SETTINGS.test(stringOf(part, "text") ?? ""));
}

/** One step of the replay: an item of its own, or a compaction with the history it left. */
type Step = Slot | { compacted: readonly Slot[] };

/**
 * Codex's history as it grows line by line: the same replay that Codex 0.169.0 makes on resume (seen with
 * the program itself), but over slots instead of the items themselves.
 */
export class Replay {
  /** What the model would be sent now. */
  history: Slot[] = [];
  /** Lines that a rollback took off the conversation. */
  readonly removed = new Set<number>();
  /** Every line of its own that was ever part of the history, in file order. */
  readonly all: Slot[] = [];
  /** Replacements that stand in no line: made from the old form of compaction. By record. */
  readonly made = new Map<number, JsonObject[]>();
  /** How many compactions only the service can read. */
  opaque = 0;
  #steps: Step[] = [];
  readonly #toolkit: Pick<Toolkit, "sha256">;

  constructor(toolkit: Pick<Toolkit, "sha256">) {
    this.#toolkit = toolkit;
  }

  /** Adds a slot at the end. */
  push(slot: Slot): void {
    this.history.push(slot);
    this.all.push(slot);
    this.#steps.push(slot);
  }

  /** Acts on a `compacted` line. Returns false for one that Codex would not understand. */
  compact(payload: JsonObject, record: number): boolean {
    const replacement = payload["replacement_history"];
    const summary = payload["message"];
    if (Array.isArray(replacement)) {
      // The summary is unreadable: what came before it is all there is.
      if (replacement.some(isOpaque)) this.opaque += 1;
      else this.#replace(replacement, record);
      return true;
    }
    if (typeof summary !== "string") return false;
    const typed = this.history.flatMap((slot) =>
      slot.typed === undefined || slot.typed === "" ? [] : [slot.typed],
    );
    const items = oldReplacement(
      typed.filter((text) => !isSummary(text)),
      summary,
    );
    this.made.set(record, items);
    this.#replace(items, record);
    return true;
  }

  /**
   * Puts a replacement in place. Messages that are repeated word for word keep standing where they
   * first stood, so that the whole conversation does not show them twice.
   */
  #replace(items: JsonValue[], record: number): void {
    const copies = items.flatMap((item, part) =>
      isObject(item) ? [slotOf(item, record, part, this.#toolkit)] : [],
    );
    const linked: Slot[] = [];
    let from = 0;
    let inOrder = true;
    for (const copy of copies) {
      const at = copy.startsTurn
        ? this.history.findIndex(
            (slot, index) => index >= from && slot.digest !== undefined && slot.digest === copy.digest,
          )
        : -1;
      if (at < 0) {
        linked.push(copy);
        continue;
      }
      // A link behind a copy would change the order of the two.
      if (linked.some((slot) => slot.record === record && (slot.startsTurn || slot.call !== undefined)))
        inOrder = false;
      from = at + 1;
      linked.push(this.history[at]!);
    }
    this.history = inOrder ? linked : copies;
    this.#steps.push({ compacted: [...this.history] });
  }

  /** Takes the last `turns` prompts and all behind them off the history, compactions behind them too. */
  rollBack(turns: number): void {
    if (turns <= 0) return;
    const prompts = this.#steps.flatMap((step, index) =>
      "record" in step && step.startsTurn ? [index] : [],
    );
    const first = prompts[0];
    if (first === undefined) return;
    let cut = turns >= prompts.length ? first : prompts[prompts.length - turns]!;
    while (cut > first && this.#trims(cut - 1)) cut -= 1;
    for (const step of this.#steps.splice(cut)) if ("record" in step) this.removed.add(step.record);
    this.#rebuild();
  }

  #trims(index: number): boolean {
    const step = this.#steps[index]!;
    return "record" in step && step.trims;
  }

  #rebuild(): void {
    const last = this.#steps.findLastIndex((step) => "compacted" in step);
    const base = this.#steps[last];
    const rest = this.#steps.slice(last + 1).flatMap((step) => ("record" in step ? [step] : []));
    this.history = [...(base !== undefined && "compacted" in base ? base.compacted : []), ...rest];
  }
}
