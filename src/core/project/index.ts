import type { Message } from "../../session/types.ts";
import type { ProjectionContext } from "./options.ts";
import { Pairing } from "./pairing.ts";
import { callsAsText } from "./text-calls.ts";

export type { CallUses, ProjectionContext } from "./options.ts";

/** A projection that is fed message by message. */
export class Projection {
  readonly #context: ProjectionContext;
  readonly #pairing: Pairing;
  readonly #asText: boolean;
  #index = 0;

  constructor(context: ProjectionContext) {
    this.#context = context;
    this.#pairing = new Pairing(context);
    this.#asText = context.target.capabilities.toolCalls.unknownNames === "text";
  }

  /** How many messages wait for answers to their calls. */
  get waiting(): number {
    return this.#pairing.waiting;
  }

  /** Takes the next message of the source and gives back those that are complete now, in order. */
  push(message: Message): Message[] {
    return this.#numbered(this.#pairing.push(message));
  }

  /** What still waits when the source has ended. */
  finish(): Message[] {
    return this.#numbered(this.#pairing.finish());
  }

  #numbered(ready: Message[]): Message[] {
    const messages = this.#asText ? [...callsAsText(ready, this.#context)] : ready;
    // The projection made them: nobody else has them.
    for (const message of messages) message.index = this.#index++;
    return messages;
  }
}

/**
 * The messages in the form the target can hold (the normal form described at `ProjectedSession`):
 * its own tools, one answer behind each call, only blocks and roles it takes. Losses are counted on the way.
 */
export async function* projectMessages(
  messages: AsyncIterable<Message>,
  context: ProjectionContext,
): AsyncIterable<Message> {
  const projection = new Projection(context);
  for await (const message of messages) {
    // Not `yield*`, which makes several promises of each item.
    for (const ready of projection.push(message)) yield ready;
  }
  for (const ready of projection.finish()) yield ready;
}
