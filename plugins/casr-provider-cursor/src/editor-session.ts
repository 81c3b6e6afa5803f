import type { History, JsonObject, Message, SessionRef, World } from "casr-cli/provider";
import { EditorMessages } from "./editor-read.ts";
import { bubbleAt, orderOf, type Order } from "./editor-order.ts";
import { EditorStore } from "./editor-store.ts";
import { unreadable } from "./faults.ts";
import { isObject, objectsOf, stringOf } from "./json.ts";
import { splitSessionPath } from "./paths.ts";

const TABS_KEY = "workbench.panel.aichat.view.aichat.chatdata";

/** A session's own record: of a composer, or of a tab of the chat panel of 2023 and 2024. */
export function recordOf(store: EditorStore, id: string): JsonObject | undefined {
  const data = store.object(`composerData:${id}`);
  if (data !== undefined) return data ?? undefined;
  return tabsOf(store).find((tab) => stringOf(tab, "tabId") === id);
}

/** The tabs of the chat panel in a workspace's database. */
export function tabsOf(store: EditorStore): JsonObject[] {
  return objectsOf(store.item(TABS_KEY), "tabs");
}

export async function openEditor(ref: SessionRef, world: World): Promise<EditorStore> {
  const path = splitSessionPath(ref.path)?.database ?? ref.path;
  const store = await EditorStore.open(path, world);
  if (store === undefined) throw unreadable(`${path} is no database of Cursor's`, path);
  return store;
}

/** An opened session of the editor. */
export interface EditorSession {
  data: JsonObject;
  order: Order;
  records: { total: number; malformed: number };
}

/** Looks at every row of a session once; `source-unreadable` when nothing of it can be read. */
export function openSession(store: EditorStore, id: string): EditorSession {
  const data = recordOf(store, id);
  if (data === undefined) throw unreadable(`${store.path} holds no readable session ${id}`, store.path);
  const order = orderOf(data);
  let malformed = 0;
  for (const place of order.places)
    if (!canRead(store, id, place.id) && place.bubble === undefined) malformed += 1;
  const total = order.places.length;
  if (total === malformed)
    throw unreadable(`no message of session ${id} in ${store.path} can be read`, store.path);
  return { data, order, records: { total, malformed } };
}

function canRead(store: EditorStore, composer: string, bubble: string): boolean {
  if (!store.has("cursorDiskKV")) return false;
  const sql = "SELECT json_valid(CAST(value AS TEXT)) AS ok FROM cursorDiskKV WHERE key = ?";
  return store.database.all(sql, `bubbleId:${composer}:${bubble}`)[0]?.["ok"] === 1;
}

/** The messages of a session; the database is open as long as they are read. */
export async function* editorMessages(
  ref: SessionRef,
  session: EditorSession,
  history: History,
  world: World,
): AsyncIterable<Message> {
  const store = await openEditor(ref, world);
  try {
    const content = (key: string): string | undefined => store.text(key);
    const messages = new EditorMessages(ref.path, session.data, content, world);
    const { places, summary } = session.order;
    const from = summary?.from ?? 0;
    let told = false;
    for (const [position, place] of places.entries()) {
      world.signal.throwIfAborted();
      if (position < from && history === "context") continue;
      if (position === from && summary !== undefined) yield* messages.summary(summary.text);
      const bubble = bubbleAt(store, ref.id, place);
      if (isObject(bubble)) yield* messages.push(bubble, place, position >= from);
      else if (!told) {
        told = true;
        world.warn({
          code: "bad-record",
          message: `bubble ${place.id} is missing or damaged`,
          path: ref.path,
        });
      }
    }
    if (summary !== undefined && from >= places.length) yield* messages.summary(summary.text);
    yield* messages.finish();
  } finally {
    store.close();
  }
}

/** Over what is stored of a session: its order and its bubbles, not what the editor notes of its own display. */
export function editorDigest(store: EditorStore, id: string, world: World): string {
  const { sha256 } = world.toolkit;
  const data = recordOf(store, id);
  let sum = sha256(id);
  if (data === undefined) return sum;
  const { places, summary } = orderOf(data);
  sum = sha256(`${sum}${summary?.from ?? ""}${sha256(summary?.text ?? "")}`);
  for (const place of places) {
    const text = store.text(`bubbleId:${id}:${place.id}`) ?? JSON.stringify(place.bubble ?? null);
    sum = sha256(sum + place.id + sha256(text));
  }
  return sum;
}
