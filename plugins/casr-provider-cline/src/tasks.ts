import type { JsonObject, JsonValue, SessionRef, World } from "casr-cli/provider";
import type { Document } from "./document.ts";
import { isObject, numberOf, parseJson, stringOf } from "./json.ts";
import { TASK_UI_FILES } from "./native.ts";
import type { Placed } from "./compaction.ts";
import { folderOf, join, taskHistoryFile } from "./paths.ts";

const MAX_HISTORY_BYTES = 64 * 1024 * 1024;

/** What of an entry of the list is used; the rest counts tokens and sizes. */
const LISTED = [
  "task",
  "ts",
  "cwdOnTaskInitialization",
  "modelId",
  "tokensIn",
  "tokensOut",
  "isFavorited",
  "conversationHistoryDeletedRange",
];
/** A prompt is as long as it was typed; a list shows its first line. */
const MAX_TEXT = 1000;

/** What the extension's list says about a task: read already, when casr came by the list to it. */
export async function historyItem(ref: SessionRef, world: World): Promise<JsonObject | undefined> {
  if (ref.listed !== undefined) return Object.keys(ref.listed).length === 0 ? undefined : ref.listed;
  // <store>/tasks/<id>
  const store = folderOf(folderOf(folderOf(ref.path)));
  return (await historyItems(store, world)).get(ref.id);
}

/** What the list of tasks of a store says of each: its prompt, times, model and folder. */
export async function historyItems(store: string, world: World): Promise<Map<string, JsonObject>> {
  const path = taskHistoryFile(store);
  const items = new Map<string, JsonObject>();
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || stat.size > MAX_HISTORY_BYTES) return items;
  const list = parseJson((await world.files.readText(path)) ?? "");
  if (!Array.isArray(list))
    world.warn({ code: "bad-index", message: "the list of tasks cannot be read; names are missing", path });
  for (const item of Array.isArray(list) ? list : []) {
    const id = stringOf(item, "id");
    if (isObject(item) && id !== undefined) items.set(id, listedOf(item));
  }
  return items;
}

function listedOf(item: JsonObject): JsonObject {
  return Object.fromEntries(
    LISTED.flatMap((name) => {
      const value = item[name];
      if (value === undefined) return [];
      return [[name, typeof value === "string" ? value.trimStart().slice(0, MAX_TEXT) : value]];
    }),
  );
}

/**
 * Which messages the extension no longer sends: the first two and all behind the range are (3.89, `ContextManager`).
 * The list of tasks names the range, or the last interface message that has one.
 */
export async function deletedUpTo(
  folder: string,
  item: JsonObject | undefined,
  total: number,
  world: World,
): Promise<number | undefined> {
  const range =
    item?.["conversationHistoryDeletedRange"] ?? (item === undefined ? await rangeInUi(folder, world) : null);
  const end = Array.isArray(range) ? numberOf({ end: range[1] ?? null }, "end") : undefined;
  return end !== undefined && Number.isInteger(end) && end >= 2 && end < total - 1 ? end : undefined;
}

async function rangeInUi(folder: string, world: World): Promise<JsonValue | undefined> {
  for (const name of TASK_UI_FILES) {
    const path = join(folder, name);
    const stat = await world.files.stat(path);
    if (stat?.kind !== "file" || stat.size > MAX_HISTORY_BYTES) continue;
    const list = parseJson((await world.files.readText(path)) ?? "");
    const ranges = (Array.isArray(list) ? list : []).flatMap((message) => {
      const range = isObject(message) ? message["conversationHistoryDeletedRange"] : undefined;
      return Array.isArray(range) ? [range] : [];
    });
    return ranges.at(-1);
  }
  return undefined;
}

/** The messages of a task, those that were truncated away only in its whole history. */
export async function* taskMessages(
  document: Document,
  deleted: number | undefined,
  whole: boolean,
): AsyncIterable<Placed> {
  for await (const { position, message } of document.messages()) {
    const isGone = deleted !== undefined && position >= 2 && position <= deleted;
    if (isGone && !whole) continue;
    const isFirstAfter = deleted !== undefined && position === deleted + 1;
    yield { message: isFirstAfter && !whole ? withoutAnswers(message) : message, inContext: !isGone };
  }
}

/** The calls of these answers were truncated away. */
function withoutAnswers(message: JsonObject): JsonObject {
  const { content } = message;
  if (message["role"] !== "user" || !Array.isArray(content)) return message;
  return { ...message, content: content.filter((block) => stringOf(block, "type") !== "tool_result") };
}
