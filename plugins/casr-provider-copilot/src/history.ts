import type { History, JsonObject, Message, RecordSource, World } from "casr-cli/provider";
import type { EventIndex } from "./events.ts";
import { objectAt, stringAt } from "./json.ts";
import { Conversation, type MessagesStart } from "./messages.ts";
import { countsAsUserMessage } from "./native.ts";
import { compactionText } from "./user-text.ts";

/** The summary that takes the place of everything before the entry at `position`. */
async function summaryAt(
  index: EventIndex,
  position: number,
  data: JsonObject,
  source: RecordSource,
): Promise<string> {
  const prompts: string[] = [];
  for (const entry of index.entries.slice(0, position)) {
    // A cleared context takes the prompts before it along.
    if (entry.kind === "cleared") prompts.length = 0;
    if (entry.kind !== "user") continue;
    const prompt = objectAt(await source.record(entry), "data") ?? {};
    const text = stringAt(prompt, "content") ?? "";
    if (text !== "" && countsAsUserMessage(prompt)) prompts.push(text);
  }
  return compactionText(
    prompts,
    stringAt(data, "summaryContent") ?? "",
    stringAt(data, "activeWorkflowSummary"),
  );
}

/** The messages of an indexed session, parsed one by one; `atTurn` is told of its last prompt before it is given. */
export async function* messagesOf(
  index: EventIndex,
  history: History,
  world: World,
  atTurn?: (before: MessagesStart) => void,
): AsyncIterable<Message> {
  const source = world.toolkit.records(world.files, index.path);
  // Prompts are fetched by themselves, so that the window of the pass over all events stays where it is.
  const prompts = world.toolkit.records(world.files, index.path);
  const conversation = new Conversation(index, world);
  const first = history === "context" ? index.contextFrom : 0;
  const placed = (messages: Message[], position: number): Message[] =>
    position >= index.contextFrom ? messages : messages.map((message) => ({ ...message, inContext: false }));
  for (const [offset, entry] of index.entries.slice(first).entries()) {
    world.signal.throwIfAborted();
    const position = first + offset;
    const event = await source.record(entry);
    if (event === undefined) continue;
    // What waited belongs to events before this one.
    if (position === index.contextFrom) yield* placed(conversation.finish(), position - 1);
    if (position === index.turn?.position && atTurn !== undefined) {
      yield* placed(conversation.finish(), position);
      atTurn(conversation.state);
    }
    const messages =
      entry.kind === "compaction"
        ? await compaction(conversation, index, position, event, prompts, world)
        : conversation.push(entry, event);
    yield* placed(messages, position);
  }
  yield* placed(conversation.finish(), index.entries.length);
}

async function compaction(
  conversation: Conversation,
  index: EventIndex,
  position: number,
  event: JsonObject,
  prompts: RecordSource,
  world: World,
): Promise<Message[]> {
  const summary = await summaryAt(index, position, objectAt(event, "data") ?? {}, prompts);
  const timestamp = world.toolkit.parseTimestamp(event["timestamp"]);
  return [
    ...conversation.finish(),
    conversation.message({
      role: "user",
      ...(timestamp === undefined ? {} : { timestamp }),
      content: [{ type: "compaction", summary }],
      origin: "compaction",
    }),
  ];
}
