import type { Message } from "casr-cli/provider";

/** What a record gives by itself, as if nothing stood before it. */
export interface Made {
  /** How many messages. */
  messages: number;
  /** Ids of the calls in it. */
  calls: readonly string[];
  /** Ids of the calls it answers. */
  answers: readonly string[];
  /** Not to be told by this alone: two calls of one id, documents among the answers. */
  odd: boolean;
}

const NOTHING: readonly string[] = [];
/** Most records are one of these. */
const SILENT: Made = { messages: 0, calls: NOTHING, answers: NOTHING, odd: false };
const ONE_MESSAGE: Made = { ...SILENT, messages: 1 };

/** What there is to know of the messages of one record. */
export function madeOf(messages: readonly Message[]): Made {
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
  const calls = called ?? NOTHING;
  const answers = answered ?? NOTHING;
  // The second of two calls of one id gets a number behind it.
  const known = new Set(calls);
  const doubled = calls.some((id) => /_\d+$/u.test(id) && known.has(id.replace(/_\d+$/u, "")));
  return { messages: messages.length, calls, answers, odd: doubled || messages.some(isOfDocuments) };
}

function isOfDocuments({ role, content }: Message): boolean {
  return role === "user" && content.some(({ type }) => type === "document");
}
