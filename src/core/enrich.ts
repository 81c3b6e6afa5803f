import type { Message, SessionHeader } from "../session/types.ts";

/** The note `--enrich` puts in front of a conversation; everything else casr writes is the session's own. */
export function enrichmentNote(
  header: SessionHeader,
  sourceName: string,
  targetName: string,
  messages: number,
): Message {
  const facts = [
    "[casr context]",
    `This conversation began in ${sourceName} (session ${header.id}) and was converted for ${targetName}.`,
    `It holds ${messages} earlier messages; tool names and outputs may be those of ${sourceName}.`,
  ];
  if (header.workspace !== undefined) facts.push(`Workspace: ${header.workspace}`);
  return {
    index: 0,
    role: "system",
    origin: "injected",
    inContext: true,
    content: [{ type: "text", text: facts.join("\n") }],
    ...(header.startedAt === undefined ? {} : { timestamp: header.startedAt }),
  };
}

/** `note` in front of `messages`. */
export function withNote(
  note: Message | undefined,
  messages: AsyncIterable<Message>,
): AsyncIterable<Message> {
  return note === undefined ? messages : prefixed(note, messages);
}

async function* prefixed(note: Message, messages: AsyncIterable<Message>): AsyncIterable<Message> {
  yield note;
  yield* messages;
}
