import type {
  JsonValue,
  Message,
  SqlStatement,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { bytesField, numberField } from "./wire.ts";

type Insert = (data: Uint8Array) => { id: string; statement: SqlStatement };

interface OpenTurn {
  user: string;
  steps: string[];
}

/**
 * The turns beside the messages: what `cursor-agent` shows of a resumed chat (root field 8; field numbers as
 * several public readers found them in 2026.06). Its model gets the messages.
 */
export class Turns {
  readonly #seed: string;
  readonly #insert: Insert;
  readonly #world: World;
  readonly #calls = new Map<string, ToolCallBlock>();
  #open: OpenTurn | undefined;
  #count = 0;
  /** Ids of the finished turns, in order. */
  readonly ids: string[] = [];

  constructor(seed: string, insert: Insert, world: World) {
    this.#seed = seed;
    this.#insert = insert;
    this.#world = world;
  }

  /** The blobs a message adds. */
  *take(message: Message): Iterable<SqlStatement> {
    for (const block of message.content) {
      if (message.role !== "assistant" && (block.type === "text" || block.type === "compaction"))
        yield* this.#prompt(block.type === "text" ? block.text : block.summary);
      else if (block.type === "text") yield* this.#step(bytesField(1, bytesField(1, block.text)));
      else if (block.type === "reasoning" && block.text !== "")
        yield* this.#step(bytesField(3, bytesField(1, block.text)));
      else if (block.type === "tool_call") this.#calls.set(block.id, block);
      else if (block.type === "tool_result") yield* this.#step(this.#toolStep(block));
    }
  }

  *finish(): Iterable<SqlStatement> {
    const turn = this.#open;
    this.#open = undefined;
    if (turn === undefined) return;
    const reference = (id: string): Uint8Array => Buffer.from(id, "hex");
    const steps = turn.steps.map((id) => bytesField(2, reference(id)));
    const { id, statement } = this.#insert(
      bytesField(1, Buffer.concat([bytesField(1, reference(turn.user)), ...steps])),
    );
    this.ids.push(id);
    yield statement;
  }

  *#prompt(text: string): Iterable<SqlStatement> {
    yield* this.finish();
    this.#count += 1;
    const messageId = this.#world.toolkit.uuidFrom(`${this.#seed}:turn:${this.#count}`);
    const { id, statement } = this.#insert(
      Buffer.concat([bytesField(1, text), bytesField(2, messageId), numberField(4, 1)]),
    );
    this.#open = { user: id, steps: [] };
    yield statement;
  }

  *#step(data: Uint8Array): Iterable<SqlStatement> {
    if (this.#open === undefined) yield* this.#prompt("(the conversation begins with an answer)");
    const { id, statement } = this.#insert(data);
    this.#open!.steps.push(id);
    yield statement;
  }

  /** Commands and files read have a form of their own; the others are shown as text. */
  #toolStep(result: ToolResultBlock): Uint8Array {
    const call = this.#calls.get(result.callId);
    this.#calls.delete(result.callId);
    const output = result.content.map((part) => (part.type === "text" ? part.text : "")).join("");
    const tool = call?.tool;
    const named = bytesField(57, result.callId);
    if (tool?.kind === "shell") {
      const args = [
        bytesField(1, tool.command),
        bytesField(2, tool.workdir ?? ""),
        bytesField(4, result.callId),
      ];
      const shared = [bytesField(1, tool.command), bytesField(2, tool.workdir ?? "")];
      const exit = numberField(3, Math.max(0, result.exitCode ?? (result.isError ? 1 : 0)));
      const outcome = result.isError
        ? bytesField(2, Buffer.concat([...shared, exit, bytesField(6, output)]))
        : bytesField(1, Buffer.concat([...shared, exit, bytesField(5, output)]));
      const data = Buffer.concat([bytesField(1, Buffer.concat(args)), bytesField(2, outcome)]);
      return bytesField(2, Buffer.concat([bytesField(1, data), named]));
    }
    if (tool?.kind === "read") {
      const outcome = result.isError
        ? bytesField(2, bytesField(1, output))
        : bytesField(1, Buffer.concat([bytesField(1, output), bytesField(7, tool.path)]));
      const args = bytesField(1, bytesField(1, tool.path));
      const data = Buffer.concat([args, bytesField(2, outcome)]);
      return bytesField(2, Buffer.concat([bytesField(8, data), named]));
    }
    const input: JsonValue = call?.input ?? {};
    const text = `Tool call ${call?.name ?? "tool"} (${result.callId}):\n${JSON.stringify(input, null, 2)}`;
    return bytesField(1, bytesField(1, text));
  }
}
