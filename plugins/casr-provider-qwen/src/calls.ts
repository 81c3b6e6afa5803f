import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { objectOf, objectsOf, stringOf } from "./json.ts";
import { mediaOf, type Media } from "./native.ts";
import { decodeResult, type CallFacts } from "./results.ts";
import { canonicalTool, meantCall } from "./tools.ts";

/** One use of a call id. */
interface Use extends CallFacts {
  id: string;
  answered: boolean;
}

/** An answer, and what of it has no place in a result. */
export interface Answer {
  result: ToolResultBlock;
  documents: Media[];
}

/** Remembers which calls were made and answered: the CLI sends one answer a call, whatever the file holds. */
export class CallBook {
  readonly #uses = new Map<string, Use>();
  readonly #taken = new Set<string>();
  /** The number to try next for an id that is in use. */
  readonly #attempts = new Map<string, number>();

  /**
   * The block of a `functionCall` part; undefined for one without an id, which the CLI leaves out together with
   * its answer. `foreign` are casr's notes about calls of other agents' tools, by id.
   */
  call(part: JsonObject, foreign: JsonObject | undefined): ToolCallBlock | undefined {
    const call = objectOf(part, "functionCall");
    const wanted = stringOf(call, "id");
    const name = stringOf(call, "name");
    if (call === undefined || wanted === undefined || wanted === "" || name === undefined || name === "")
      return undefined;
    const input: JsonValue = call["args"] ?? {};
    const id = this.#free(wanted);
    const from = objectOf(foreign, wanted);
    const provider = stringOf(from, "provider");
    const own = stringOf(from, "name");
    const isForeign = provider !== undefined && own !== undefined;
    // Answers of other agents' tools have no frame of this one.
    const meant = isForeign ? { name: "", input: {} } : meantCall(name, input);
    this.#uses.set(wanted, { id, ...meant, answered: false });
    const tool = isForeign ? undefined : canonicalTool(name, input);
    const signature = stringOf(part, "thoughtSignature");
    return {
      type: "tool_call",
      id,
      name,
      input,
      ...(tool === undefined ? {} : { tool }),
      ...(isForeign ? { foreign: { provider, name: own } } : {}),
      ...(signature === undefined ? {} : { native: { thoughtSignature: signature } }),
    };
  }

  #free(wanted: string): string {
    let id = wanted;
    // A thousand calls of one id must not try a thousand names each.
    let attempt = this.#attempts.get(wanted) ?? 2;
    for (; this.#taken.has(id); attempt += 1) id = `${wanted}_${attempt}`;
    if (id !== wanted) this.#attempts.set(wanted, attempt);
    this.#taken.add(id);
    return id;
  }

  /** The answer in a `functionResponse` part; undefined for a second one and for one without an id. */
  answer(
    part: JsonObject,
    recorded: JsonObject | undefined,
    marks: JsonObject | undefined,
  ): Answer | undefined {
    const response = objectOf(part, "functionResponse");
    const recordedId = stringOf(response, "id");
    if (response === undefined || recordedId === undefined || recordedId === "") return undefined;
    const use = this.#uses.get(recordedId);
    if (use?.answered === true) return undefined;
    if (use !== undefined) use.answered = true;
    const call = use ?? { name: stringOf(response, "name") ?? "", input: {} };
    const about = stringOf(recorded, "callId") === recordedId ? recorded : undefined;
    const { texts: own, ...decoded } = decodeResult(call, response["response"], about, marks?.[recordedId]);
    const parts = objectsOf(response, "parts");
    const texts = [...own, ...parts.map((inner) => stringOf(inner, "text") ?? "")].filter(
      (said) => said !== "",
    );
    const media = parts.map(mediaOf).filter((item) => item !== undefined);
    const content: ToolResultBlock["content"] = texts.map((said) => ({ type: "text", text: said }));
    for (const { mediaType, base64 } of media)
      if (mediaType.startsWith("image/")) content.push({ type: "image", mediaType, data: { base64 } });
    const duration = about?.["durationMs"];
    return {
      result: {
        type: "tool_result",
        callId: use?.id ?? recordedId,
        ...decoded,
        ...(typeof duration === "number" && duration >= 0 ? { durationMs: duration } : {}),
        content,
      },
      documents: media.filter(({ mediaType }) => !mediaType.startsWith("image/")),
    };
  }
}
