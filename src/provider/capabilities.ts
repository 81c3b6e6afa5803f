import type { ToolKind } from "../session/tool-types.ts";

/**
 * What the target's model really gets from a session written for this agent. The core
 * projects every session to these facts before the writer sees it and reports each loss.
 */
export interface Capabilities {
  images: {
    user: boolean;
    assistant: boolean;
    toolResult: boolean;
    /** The result of a failed call can hold images too. Default: as `toolResult`. Anthropic's service refuses them. */
    failedResult?: boolean;
    /** Where results, or failed ones, have no place for pictures: these go into a user message right behind them. */
    behindResults?: boolean;
    /** Media types the agent's service takes. */
    mediaTypes: string[];
  };
  /** Documents in user messages; a list names the media types that reach the model. */
  documents: boolean | string[];
  reasoning: {
    /** Issuers whose genuine signed or encrypted reasoning is sent back to the model. */
    replays: string[];
    /** Readable reasoning of any issuer is sent back to the model as reasoning: the wire asks for no signature. */
    unsigned?: boolean;
    /** Other reasoning can be kept where a person sees it, without being sent. */
    display: boolean;
  };
  /**
   * Where a system message of the source goes: `message` = the target has a place that
   * reaches the model as such; `user` = written as a user message.
   */
  system: "message" | "user";
  toolCalls: {
    /** Names outside the tool table: `keep` them, or turn call and result into `text`. */
    unknownNames: "keep" | "text";
    /** Kinds for which the agent has a tool of its own. Must agree with the writer's table. */
    kinds: ToolKind[];
    /** `object`: inputs must be objects, others are wrapped as `{input: …}`. `any`: strings pass. */
    inputs: "object" | "any";
    /** Source of a regular expression that one character of a call id must match. */
    idCharacters: string;
    idMaxLength: number;
    /** Source of a regular expression that one character of a tool name must match. */
    nameCharacters: string;
    nameMaxLength: number;
  };
  toolResults: {
    /** The format has an error flag (or a form of its own for errors) that its model sees. */
    errorFlag: boolean;
    /** `call`: results of parallel calls must stand in the order of the calls. `any`: as in the source. */
    order: "call" | "any";
  };
  /** Name sources of facts a person should know before resuming. Shown as notes. */
  notes: string[];
}
