import type { Message } from "../../session/types.ts";
import type { ProjectionContext } from "./options.ts";
import { Pairing } from "./pairing.ts";
import { callsAsText } from "./text-calls.ts";

export type { ProjectionContext } from "./options.ts";

/**
 * The messages in the form the target can hold (the normal form described at `ProjectedSession`):
 * its own tools, one answer behind each call, only blocks and roles it takes. Losses are counted on the way.
 */
export async function* projectMessages(
  messages: AsyncIterable<Message>,
  context: ProjectionContext,
): AsyncIterable<Message> {
  const pairing = new Pairing(context);
  const asText = context.target.capabilities.toolCalls.unknownNames === "text";
  let index = 0;
  const numbered = function* (ready: Message[]): Iterable<Message> {
    for (const message of asText ? callsAsText(ready, context) : ready) yield { ...message, index: index++ };
  };
  for await (const message of messages) yield* numbered(pairing.push(message));
  yield* numbered(pairing.finish());
}
