import type {
  Block,
  DocumentBlock,
  JsonObject,
  ReasoningBlock,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { isObject, objectOf, stringOf } from "./json.ts";
import type { Part } from "./native.ts";
import { decodeState } from "./results.ts";
import { canonicalTool } from "./tools.ts";

/** One round of the model: what it said and called, and the results of its calls. */
export interface Step {
  said: Block[];
  results: ToolResultBlock[];
  /** Documents among the results, which a result has no place for. */
  documents: DocumentBlock[];
}

export interface AnswerOptions {
  path: string;
  world: World;
  /** As the agent sends it: pruned results cleared, thoughts of other models as text. */
  asSent: boolean;
  /** The model the session goes on with is the one that answered here. */
  ownThoughts: boolean;
  unknown: (part: Part) => void;
}

/** The parts of an answer as rounds: a step that follows calls begins a new one. */
export function answersOf(parts: Part[], options: AnswerOptions): Step[] {
  const steps: Step[] = [];
  let step: Step = { said: [], results: [], documents: [] };
  for (const part of parts) {
    if (part.type === "step-start") {
      if (step.results.length > 0) {
        steps.push(step);
        step = { said: [], results: [], documents: [] };
      }
      continue;
    }
    addPart(step, part, options);
  }
  if (step.said.length > 0) steps.push(step);
  return steps;
}

function addPart(step: Step, part: Part, options: AnswerOptions): void {
  const { data } = part;
  if (part.type === "text") {
    const text = stringOf(data, "text") ?? "";
    if (text !== "" && data["ignored"] !== true) step.said.push({ type: "text", text });
  } else if (part.type === "reasoning") {
    const block = reasoningBlock(data);
    if (block === undefined) return;
    // OpenCode 1.18.33 and Kilo Code 7.7.9 give a model the thoughts of another one as plain text. Those that casr
    // wrote are told apart, so that what was written reads back as it was.
    const isOwn = options.ownThoughts || objectOf(objectOf(data, "metadata"), "casr") !== undefined;
    if (isOwn || !options.asSent) step.said.push(block);
    else if (block.text !== "") step.said.push({ type: "text", text: block.text });
  } else if (part.type === "tool") {
    addCall(step, part, options);
  } else if (part.type !== "file") {
    // Files on answers are never sent.
    options.unknown(part);
  }
}

function addCall(step: Step, part: Part, options: AnswerOptions): void {
  const { data, id } = part;
  const { world, path } = options;
  const callId = stringOf(data, "callID") ?? "";
  const name = stringOf(data, "tool") ?? "";
  const state = objectOf(data, "state");
  if (callId === "" || name === "" || state === undefined) {
    world.warn({
      code: "bad-record",
      message: `the tool call in part ${id} is incomplete and was left out`,
      path,
    });
    return;
  }
  const call = callBlock(callId, name, state, objectOf(data, "metadata"), world);
  step.said.push(call);
  const { result, documents } = decodeState(call, state, { path, world, cleared: options.asSent });
  step.results.push(result);
  step.documents.push(...documents);
}

function callBlock(
  id: string,
  name: string,
  state: JsonObject,
  metadata: JsonObject | undefined,
  world: World,
): ToolCallBlock {
  const input = isObject(state["input"]) ? state["input"] : {};
  const origin = objectOf(objectOf(metadata, "casr"), "foreign");
  const provider = stringOf(origin, "provider");
  const foreignName = stringOf(origin, "name");
  const call: ToolCallBlock = { type: "tool_call", id, name, input };
  if (provider !== undefined && foreignName !== undefined)
    return { ...call, foreign: { provider, name: foreignName } };
  const tool = canonicalTool(name, input, world.toolkit.parsePatch);
  const { casr: _casr, ...native } = metadata ?? {};
  return {
    ...call,
    ...(tool === undefined ? {} : { tool }),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
}

/** Keys of `metadata` under which services keep what proves a thought to be theirs. */
const ISSUERS: Readonly<Record<string, string>> = {
  anthropic: "anthropic",
  openai: "openai",
  azure: "openai",
  google: "google",
  vertex: "google",
};

function reasoningBlock(data: JsonObject): ReasoningBlock | undefined {
  const text = stringOf(data, "text") ?? "";
  const { casr: _casr, ...metadata } = objectOf(data, "metadata") ?? {};
  for (const [key, issuer] of Object.entries(ISSUERS)) {
    const proof = objectOf(metadata, key);
    if (proof === undefined) continue;
    const signature = stringOf(proof, "signature") ?? stringOf(proof, "thoughtSignature");
    const redacted = stringOf(proof, "redactedData");
    const encrypted = redacted ?? stringOf(proof, "reasoningEncryptedContent");
    if (signature === undefined && encrypted === undefined) continue;
    return {
      type: "reasoning",
      text,
      issuer,
      ...(signature === undefined ? {} : { signature }),
      ...(encrypted === undefined ? {} : { encrypted }),
      ...(redacted === undefined ? {} : { redacted: true }),
      native: metadata,
    };
  }
  if (text === "") return undefined;
  return { type: "reasoning", text, ...(Object.keys(metadata).length === 0 ? {} : { native: metadata }) };
}
