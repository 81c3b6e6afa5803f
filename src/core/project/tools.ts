import { hash } from "node:crypto";
import { isJsonObject, type JsonValue } from "../../session/json.ts";
import { formatPatch, parsePatch } from "../../session/patch.ts";
import type { ToolCallBlock } from "../../session/types.ts";
import type { ProjectionContext } from "./options.ts";

/** The characters an id or a name may have, as a pattern of one character from a provider's capabilities. */
class Alphabet {
  readonly #one: RegExp;
  readonly #all: RegExp;

  constructor(character: string) {
    this.#one = new RegExp(`^${character}$`, "u");
    this.#all = new RegExp(`^(?:${character})*$`, "u");
  }

  has(character: string): boolean {
    return this.#one.test(character);
  }

  /** The text with "_" for every character that is not one of them. */
  fit(text: string): string {
    if (this.#all.test(text)) return text;
    return [...text].map((character) => (this.#one.test(character) ? character : "_")).join("");
  }
}

/** By pattern: names of tools are fitted once for every call. */
const alphabets = new Map<string, Alphabet>();

function alphabetOf(character: string): Alphabet {
  const alphabet = alphabets.get(character) ?? new Alphabet(character);
  alphabets.set(character, alphabet);
  return alphabet;
}

/** Cuts `text` to `maxLength`, ending in a short digest so that different texts stay different. */
function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const digest = hash("sha256", text, "hex").slice(0, 8);
  return `${text.slice(0, Math.max(maxLength - 9, 0))}_${digest}`.slice(-maxLength);
}

/**
 * Gives every call an id of the target's alphabet that no other call of the session has. No id is another one with
 * `_` and a number behind it: Claude Code 2.1.329 takes such a call for a copy and drops its answer.
 */
export class CallIds {
  readonly #taken = new Set<string>();
  /** The number to try next for an id that is in use. */
  readonly #attempts = new Map<string, number>();
  readonly #characters: Alphabet;
  readonly #maxLength: number;
  /** Ids of the source's calls. */
  readonly #sourceIds: Pick<ReadonlySet<string>, "has">;
  /** What stands between an id and the number that tells it from others. */
  readonly #joint: string;

  constructor(
    capabilities: ProjectionContext["target"]["capabilities"],
    sourceIds: Pick<ReadonlySet<string>, "has">,
  ) {
    this.#characters = alphabetOf(capabilities.toolCalls.idCharacters);
    this.#maxLength = capabilities.toolCalls.idMaxLength;
    this.#sourceIds = sourceIds;
    this.#joint = this.#characters.has("-") ? "-" : "x";
  }

  assign(sourceId: string): string {
    const base = shortened(this.#characters.fit(this.#distinct(sourceId)), this.#maxLength) || "call";
    let id = base;
    // A thousand calls of one id must not try a thousand names each.
    let attempt = this.#attempts.get(base) ?? 2;
    for (; this.#taken.has(id); attempt += 1) {
      const suffix = `${this.#joint}${attempt}`;
      id = `${base.slice(0, this.#maxLength - suffix.length)}${suffix}`;
    }
    if (id !== base) this.#attempts.set(base, attempt);
    this.#taken.add(id);
    return id;
  }

  /** The id, changed where another one with a number behind it would be read from it. */
  #distinct(sourceId: string): string {
    const [, stem, number] = /^(.+)_(\d+)$/.exec(sourceId) ?? [];
    return stem !== undefined && this.#sourceIds.has(stem) ? `${stem}${this.#joint}${number}` : sourceId;
  }
}

function fitInput(input: JsonValue, context: ProjectionContext): JsonValue {
  if (context.target.capabilities.toolCalls.inputs === "any" && typeof input === "string") return input;
  if (isJsonObject(input)) return input;
  context.losses.add("input-wrapped");
  return { input };
}

/** A tool name of the target's alphabet: services refuse a whole conversation for one odd name in it. */
function fitName(name: string, context: ProjectionContext): string {
  const { nameCharacters, nameMaxLength } = context.target.capabilities.toolCalls;
  return shortened(alphabetOf(nameCharacters).fit(name), nameMaxLength) || "tool";
}

function foreignCall(call: ToolCallBlock, context: ProjectionContext): ToolCallBlock {
  const { target, header } = context;
  const { toolCalls } = target.capabilities;
  const origin = call.foreign ?? { provider: header.provider, name: call.name };
  const { tool: _tool, native: _native, foreign: _foreign, ...kept } = call;
  // Back home: the tool is the target's own again.
  const home = origin.provider === target.slug;
  const wanted = home
    ? origin.name
    : (target.writer.foreignName?.(origin.name, origin.provider) ?? origin.name);
  const name = fitName(wanted, context);
  const input = fitInput(call.input, context);
  if (home) return { ...kept, name, input };
  // Calls that become text are counted as such.
  if (toolCalls.unknownNames === "keep") context.losses.add("foreign-tool", origin.name);
  return { ...kept, name, input, foreign: origin };
}

/**
 * The call as the target's own tool where its table has one, else under its foreign name. A call of the
 * target's own provider (a fork) stays as it is. `tool` stays only on calls in the target's own form.
 */
export function projectCall(call: ToolCallBlock, id: string, context: ProjectionContext): ToolCallBlock {
  const { target, header } = context;
  if (id !== call.id) context.losses.add("call-id-changed");
  const named = { ...call, id };
  if (header.provider === target.slug && call.foreign === undefined) return named;
  const known = call.tool !== undefined && target.capabilities.toolCalls.kinds.includes(call.tool.kind);
  const native = known ? target.writer.nativeCall(call.tool!, { formatPatch, parsePatch }) : undefined;
  if (native === undefined) return foreignCall(named, context);
  const { native: _native, foreign: _foreign, ...kept } = named;
  return { ...kept, name: fitName(native.name, context), input: native.input };
}
