import type {
  History,
  Message,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { compactionOf, contextOf, fullHistory, type Placed } from "./compaction.ts";
import { Conversation } from "./conversation.ts";
import { subagentsIn } from "./discover.ts";
import { openDocument } from "./document.ts";
import { MESSAGES_SUFFIX } from "./native.ts";
import { baseName, folderOf } from "./paths.ts";
import { factsOf, layoutOf } from "./summary.ts";
import { deletedUpTo, historyItem, taskMessages } from "./tasks.ts";

/** Indexes the session's file; messages are parsed one by one when they are asked for. */
export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const document = await openDocument(ref.path, world);
  const layout = layoutOf(ref.path);
  let select: (history: History) => AsyncIterable<Placed>;
  if (layout === "task") {
    const folder = folderOf(ref.path);
    const item = await historyItem(ref, world);
    const deleted = await deletedUpTo(folder, item, document.total, world);
    select = (history) => taskMessages(document, deleted, history === "full");
  } else {
    const compaction = await compactionOf(document, world);
    select = (history) =>
      history === "full" ? fullHistory(document, compaction) : contextOf(document, compaction);
  }
  const told = new Set<string>();
  const messages = async function* (history: History): AsyncIterable<Message> {
    const conversation = new Conversation(ref.path, layout, told, world);
    for await (const { message, inContext } of select(history)) {
      world.signal.throwIfAborted();
      yield* conversation.push(message, inContext);
    }
    yield* conversation.finish();
  };
  return {
    header: await headerOf(ref, world),
    messages: ({ history }) => messages(history),
    records: { total: document.total, malformed: document.malformed },
  };
}

async function headerOf(ref: SessionRef, world: World): Promise<SessionHeader> {
  const facts = await factsOf(ref, world);
  const children = await childrenOf(ref, world);
  return {
    id: ref.id,
    provider: "cline",
    ...facts,
    ...(children.length === 0 ? {} : { children }),
    sourcePath: ref.path,
  };
}

/** Subagents' sessions lie in the folder of the session, beside its own messages. */
async function childrenOf(ref: SessionRef, world: World): Promise<SessionLink[]> {
  const folder = folderOf(ref.path);
  if (baseName(ref.path) !== `${baseName(folder)}${MESSAGES_SUFFIX}`) return [];
  const links: SessionLink[] = [];
  for await (const { id } of subagentsIn(folder, world))
    links.push({ id, provider: "cline", relation: "subagent" });
  return links;
}
