import type { JsonObject } from "casr-cli/provider";
import type { EditorStore } from "./editor-store.ts";
import { isObject, objectOf, objectsOf, stringOf } from "./json.ts";

/** One message of a session in order: by the key of its row, or the bubble itself where it is kept inline. */
export interface Place {
  id: string;
  type?: number;
  createdAt?: string;
  bubble?: JsonObject;
}

/** The summary that stands for the beginning of a session. */
export interface Summary {
  text: string;
  /** Position of the first bubble that is still sent. */
  from: number;
}

export interface Order {
  places: Place[];
  summary?: Summary;
}

function placeOf(value: JsonObject): Place | undefined {
  const id = stringOf(value, "bubbleId");
  if (id === undefined || id === "") return undefined;
  const type = typeof value["type"] === "number" ? { type: value["type"] } : {};
  const createdAt = stringOf(value, "createdAt");
  return { id, ...type, ...(createdAt === undefined ? {} : { createdAt }) };
}

/**
 * The bubbles of a session in order: those its list names (2025 and later; others were taken back by an edit),
 * those kept inline (`conversation`, before), those of the tabs of the chat panel (2023).
 */
export function orderOf(data: JsonObject): Order {
  const map = objectOf(data, "conversationMap") ?? {};
  const listed = objectsOf(data, "fullConversationHeadersOnly").flatMap((value) => placeOf(value) ?? []);
  const inline = [
    ...objectsOf(data, "conversation"),
    ...objectsOf(data, "tabs").flatMap((tab) => objectsOf(tab, "bubbles")),
    ...objectsOf(data, "bubbles"),
  ];
  const places =
    listed.length > 0
      ? listed.map((place) => {
          const kept = map[place.id];
          return isObject(kept) ? { ...place, bubble: kept } : place;
        })
      : inline.map((bubble, index): Place => ({
          ...placeOf(bubble),
          id: stringOf(bubble, "bubbleId") ?? `${index}`,
          bubble,
        }));
  const summary = summaryOf(data, places);
  return { places, ...(summary === undefined ? {} : { summary }) };
}

/** The newest summary and where what follows it begins (`aiserver.v1.ConversationSummary`, Cursor 2.3 to 3.16). */
function summaryOf(data: JsonObject, places: Place[]): Summary | undefined {
  const latest = objectOf(data, "latestConversationSummary");
  const summary = objectOf(latest, "summary") ?? latest;
  const text = stringOf(summary, "summary");
  if (text === undefined || text.trim() === "") return undefined;
  const positionOf = (id: string | undefined): number =>
    id === undefined || id === "" ? -1 : places.findIndex((place) => place.id === id);
  const resumed = positionOf(stringOf(summary, "clientShouldStartSendingFromInclusiveBubbleId"));
  if (resumed !== -1) return { text, from: resumed };
  const cut = positionOf(stringOf(summary, "truncationLastBubbleIdInclusive"));
  return cut === -1 ? undefined : { text, from: cut + 1 };
}

/** The bubble at a place; undefined when it is missing or damaged. */
export function bubbleAt(store: EditorStore, composer: string, place: Place): JsonObject | undefined {
  const row = store.object(`bubbleId:${composer}:${place.id}`);
  return isObject(row) ? row : place.bubble;
}
