import type { JsonObject, World } from "casr-cli/provider";
import { Conversation } from "./conversation.ts";
import type { Entry } from "./fold.ts";

/** What a recorded message gives by itself, as if nothing stood before it. */
export interface Made {
  /** How many messages. */
  messages: number;
  /** Ids of the calls in it. */
  calls: readonly string[];
  /** Ids of the calls it answers. */
  answers: readonly string[];
  /** Not to be told by this alone: calls without an id or of the same one, documents among the answers. */
  odd: boolean;
}

const NONE: readonly string[] = [];
/** Most records are one of these. */
const SILENT: Made = { messages: 0, calls: NONE, answers: NONE, odd: false };
const ONE_MESSAGE: Made = { ...SILENT, messages: 1 };
const NO_SERVERS: ReadonlySet<string> = new Set();

/** What comes of one message. `world` should not warn: it is told when the messages are asked for. */
export function madeOf(entry: Entry, message: JsonObject, path: string, world: World): Made {
  const messages = new Conversation(path, NO_SERVERS, world).push(entry, message, true);
  let called: string[] | undefined;
  let answered: string[] | undefined;
  for (const { content } of messages) {
    for (const block of content) {
      if (block.type === "tool_call") (called ??= []).push(block.id);
      else if (block.type === "tool_result") (answered ??= []).push(block.callId);
    }
  }
  if (called === undefined && answered === undefined && messages.length <= 1)
    return messages.length === 0 ? SILENT : ONE_MESSAGE;
  const calls = called ?? NONE;
  const answers = answered ?? NONE;
  const documents = answers.length > 0 && messages.some(isOfDocuments);
  const nameless = [...calls, ...answers].some((id) => id.startsWith("synth_"));
  // The second of two calls of one id gets a number behind it.
  const known = new Set(calls);
  const doubled = calls.some((id) => /_\d+$/u.test(id) && known.has(id.replace(/_\d+$/u, "")));
  return { messages: messages.length, calls, answers, odd: documents || nameless || doubled };
}

function isOfDocuments({ role, content }: ReturnType<Conversation["push"]>[number]): boolean {
  return role === "user" && content.some(({ type }) => type === "document");
}
