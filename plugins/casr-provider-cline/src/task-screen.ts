import type { Block, JsonObject, Message, ToolCallBlock, World } from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";

/** What is shown of an answer; the conversation holds all of it. */
const SHOWN = 4000;

/** What the extension shows of a task (3.89, `ClineMessage`): the first entry is the task itself. */
export class TaskScreen {
  readonly #world: World;
  #time: number;
  #isFirst = true;
  readonly #shells = new Set<string>();

  /** `startedAt`: epoch ms. Entries are told apart by their times. */
  constructor(startedAt: number, world: World) {
    this.#time = startedAt - 1;
    this.#world = world;
  }

  /** The entry every task begins with; its text is also the task's name where the list has none. */
  begin(task: string): JsonObject {
    this.#isFirst = true;
    return this.#say("task", task);
  }

  async of(message: Message): Promise<JsonObject[]> {
    const { timestamp } = message;
    const isTime = timestamp !== undefined && timestamp > this.#time && timestamp < 253_402_300_800_000;
    if (isTime) this.#time = timestamp - 1;
    if (message.role === "user") return this.#user(message);
    return message.content.flatMap((block) => this.#block(block));
  }

  #say(say: string, text: string, more: JsonObject = {}): JsonObject {
    this.#time += 1;
    return { ts: this.#time, type: "say", say, text, ...more };
  }

  async #user({ content }: Message): Promise<JsonObject[]> {
    const texts = content.flatMap((block) => {
      if (block.type === "text") return [block.text];
      return block.type === "compaction" ? [block.summary] : [];
    });
    const text = texts.join("\n\n");
    // The task itself is there already.
    if (this.#isFirst) {
      this.#isFirst = false;
      if (content.length === texts.length) return [];
    }
    const images: string[] = [];
    for (const block of content)
      if (block.type === "image")
        images.push(`data:${block.mediaType};base64,${await this.#world.base64(block.data)}`);
    return [this.#say("user_feedback", text, images.length === 0 ? {} : { images })];
  }

  #block(block: Block): JsonObject[] {
    switch (block.type) {
      case "text":
        return [this.#say("text", block.text)];
      case "reasoning":
        return block.text === "" ? [] : [this.#say("reasoning", block.text)];
      case "tool_call":
        return [this.#call(block)];
      case "tool_result": {
        const text = block.content.map((part) => (part.type === "text" ? part.text : "[image]")).join("");
        if (!this.#shells.delete(block.callId) || text === "") return [];
        return [this.#say("command_output", text.slice(0, SHOWN))];
      }
      default:
        return [];
    }
  }

  #call({ id, name, input, tool }: ToolCallBlock): JsonObject {
    const seen = (what: JsonObject): JsonObject => this.#say("tool", JSON.stringify(what));
    switch (tool?.kind) {
      case "shell":
        this.#shells.add(id);
        return this.#say("command", tool.command);
      case "read":
      case "view-image":
        return seen({ tool: "readFile", path: tool.path, content: tool.path });
      case "write":
        return seen({ tool: "newFileCreated", path: tool.path, content: tool.content });
      case "edit": {
        const { oldText, newText } = tool.edit;
        const diff = `------- SEARCH\n${oldText}\n=======\n${newText}\n+++++++ REPLACE`;
        return seen({ tool: "editedExistingFile", path: tool.path, diff, content: diff });
      }
      default: {
        const text = isObject(input) ? JSON.stringify(input) : (stringOf({ input }, "input") ?? "");
        return this.#say("text", `\`${name}\` ${text.slice(0, SHOWN)}`);
      }
    }
  }
}
