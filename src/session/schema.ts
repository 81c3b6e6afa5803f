import { z } from "zod";
import type { JsonObject, JsonValue } from "./json.ts";
import { TOOL_KINDS, type CanonicalTool } from "./tool-types.ts";
import type { Message, SessionHeader } from "./types.ts";

/**
 * `casr.session/1` as zod schemas, for tests, for checks of plugins, and for the published JSON Schema.
 * Nothing on the way of a conversion imports this module.
 */
const json: z.ZodType<JsonValue> = z.json() as z.ZodType<JsonValue>;
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
const epochMs = z.number().int();
const count = z.number().int().nonnegative();

const usage = z.strictObject({
  inputTokens: count.optional(),
  outputTokens: count.optional(),
  cacheReadTokens: count.optional(),
  cacheWriteTokens: count.optional(),
  reasoningTokens: count.optional(),
});

const link = z.strictObject({
  id: z.string(),
  provider: z.string(),
  relation: z.enum(["fork", "subagent", "conversion"]),
});

export const lineageSchema = z.strictObject({
  sourceProvider: z.string(),
  sourceId: z.string(),
  digest: z.string(),
  casrVersion: z.string(),
  convertedAt: epochMs,
});

export const headerSchema = z.strictObject({
  id: z.string().min(1),
  provider: z.string().min(1),
  title: z.string().optional(),
  nativeName: z.string().optional(),
  workspace: z.string().optional(),
  git: z
    .strictObject({
      branch: z.string().optional(),
      commit: z.string().optional(),
      remote: z.string().optional(),
    })
    .optional(),
  startedAt: epochMs.optional(),
  endedAt: epochMs.optional(),
  model: z.string().optional(),
  agentVersion: z.string().optional(),
  usage: usage.optional(),
  parent: link.optional(),
  children: z.array(link).optional(),
  lineage: lineageSchema.optional(),
  metadata: jsonObject,
  sourcePath: z.string().min(1),
});

const binary = z.union([
  z.strictObject({ base64: z.string() }),
  z.strictObject({ path: z.string(), offset: count, length: count, encoding: z.enum(["base64", "raw"]) }),
]);

const text = z.strictObject({ type: z.literal("text"), text: z.string() });

const image = z.strictObject({
  type: z.literal("image"),
  mediaType: z.string().min(1),
  data: binary,
  name: z.string().optional(),
});

const document = image.extend({ type: z.literal("document") });

const reasoning = z.strictObject({
  type: z.literal("reasoning"),
  text: z.string(),
  signature: z.string().optional(),
  encrypted: z.string().optional(),
  redacted: z.boolean().optional(),
  issuer: z.string().optional(),
  displayOnly: z.boolean().optional(),
  native: json.optional(),
});

const tool = z.looseObject({
  kind: z.enum(TOOL_KINDS),
  rest: jsonObject.optional(),
}) as unknown as z.ZodType<CanonicalTool>;

const toolCall = z.strictObject({
  type: z.literal("tool_call"),
  id: z.string().min(1),
  name: z.string().min(1),
  input: json,
  tool: tool.optional(),
  foreign: z.strictObject({ provider: z.string(), name: z.string() }).optional(),
  native: json.optional(),
});

const toolResult = z.strictObject({
  type: z.literal("tool_result"),
  callId: z.string().min(1),
  content: z.array(z.discriminatedUnion("type", [text, image])),
  isError: z.boolean(),
  exitCode: z.number().int().optional(),
  durationMs: z.number().nonnegative().optional(),
  framed: z.string().optional(),
  truncated: z.boolean().optional(),
  synthetic: z.boolean().optional(),
  native: json.optional(),
});

const compaction = z.strictObject({ type: z.literal("compaction"), summary: z.string() });

export const blockSchema = z.discriminatedUnion("type", [
  text,
  reasoning,
  image,
  document,
  toolCall,
  toolResult,
  compaction,
]);

export const messageSchema = z.strictObject({
  index: count,
  id: z.string().optional(),
  role: z.string().min(1),
  author: z.string().optional(),
  model: z.string().optional(),
  timestamp: epochMs.optional(),
  content: z.array(blockSchema),
  usage: usage.optional(),
  stopReason: z.string().optional(),
  origin: z.enum(["person", "injected", "compaction", "command"]).optional(),
  inContext: z.boolean(),
  extra: jsonObject.optional(),
});

/** A session as one value: what `casr.session/1` documents hold. */
export const sessionSchema = z.strictObject({
  schema: z.literal("casr.session/1"),
  header: headerSchema,
  messages: z.array(messageSchema),
});

type Mutual<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Fails to compile when a type and its schema drift apart. */
type Keys<T> = { [K in keyof Required<T>]: true };
const _same: [
  Mutual<Keys<Message>, Keys<z.infer<typeof messageSchema>>>,
  Mutual<Keys<SessionHeader>, Keys<z.infer<typeof headerSchema>>>,
] = [true, true];
void _same;
