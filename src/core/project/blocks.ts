import type { Capabilities } from "../../provider/capabilities.ts";
import type {
  Block,
  ImageBlock,
  Message,
  ReasoningBlock,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from "../../session/types.ts";
import type { ProjectionContext } from "./options.ts";

/** Cuts the middle out of a long text; head and tail stay in the relation 2 to 1. */
function elideMiddle(text: string, maxChars: number): string {
  if (maxChars <= 0 || text.length <= maxChars) return text;
  const head = Math.floor((maxChars * 2) / 3);
  const tail = maxChars - head;
  return `${text.slice(0, head)}\n…[${text.length - maxChars} characters left out]…\n${text.slice(text.length - tail)}`;
}

function projectReasoning(block: ReasoningBlock, context: ProjectionContext): Block[] {
  const { losses, target, reasoning } = context;
  if (reasoning === "drop") {
    losses.add("reasoning-dropped");
    return [];
  }
  const { replays, unsigned, display } = target.capabilities.reasoning;
  const genuine = block.signature !== undefined || block.encrypted !== undefined;
  const replayable =
    genuine && block.displayOnly !== true && block.issuer !== undefined && replays.includes(block.issuer);
  if (replayable) return [block];
  if (block.text.trim() === "") {
    losses.add("reasoning-unreadable");
    return [];
  }
  // Signatures and private detail mean something to their own agent alone.
  if (unsigned === true && reasoning === "keep" && block.displayOnly !== true)
    return [context.header.provider === target.slug ? block : { type: "reasoning", text: block.text }];
  if (reasoning === "text") {
    losses.add("reasoning-as-text");
    return [{ type: "text", text: `<thinking>\n${block.text}\n</thinking>` }];
  }
  losses.add(display ? "reasoning-not-sent" : "reasoning-lost");
  return display ? [{ type: "reasoning", text: block.text, displayOnly: true }] : [];
}

function keepsImage(
  block: ImageBlock,
  place: "user" | "assistant" | "toolResult" | "failedResult",
  context: ProjectionContext,
): boolean {
  const { capabilities } = context.target;
  const { images } = capabilities;
  // What an agent recorded itself it can hold; the types are those its service takes from others.
  const own = context.header.provider === context.target.slug;
  const holds =
    place === "user" || place === "assistant"
      ? images[place]
      : holdsPictures(capabilities, place === "failedResult");
  if (holds && (own || images.mediaTypes.includes(block.mediaType))) return true;
  context.losses.add("image-lost", block.mediaType);
  return false;
}

function takesDocument(documents: boolean | string[], mediaType: string): boolean {
  return Array.isArray(documents) ? documents.includes(mediaType) : documents;
}

function projectBlock(
  block: Block,
  role: "user" | "assistant" | "system",
  context: ProjectionContext,
): Block[] {
  const { losses, target } = context;
  switch (block.type) {
    case "text":
      return block.text.trim() === "" ? [] : [block];
    case "compaction":
      if (context.fullHistory && context.facts.outOfContext > 0) {
        losses.add("summary-replaced");
        return [];
      }
      return block.summary.trim() === "" ? [] : [block];
    case "reasoning":
      return projectReasoning(block, context);
    case "image":
      return keepsImage(block, role === "assistant" ? "assistant" : "user", context) ? [block] : [];
    case "document":
      if (role !== "assistant" && takesDocument(target.capabilities.documents, block.mediaType))
        return [block];
      losses.add("document-lost", block.mediaType);
      return [];
    default:
      return [block];
  }
}

function projectedRole(message: Message, context: ProjectionContext): "user" | "assistant" | "system" {
  if (message.role === "assistant") return "assistant";
  if (message.role === "user") return "user";
  if (message.role === "system" && context.target.capabilities.system === "message") return "system";
  // What is left of a tool message once its results are taken out counts as user text.
  if (message.role !== "tool") context.losses.add("role-changed", message.role);
  return "user";
}

/** The message with blocks the target can hold; its results and calls are left to the pairing. Undefined when nothing is left. */
export function projectMessage(message: Message, context: ProjectionContext): Message | undefined {
  const role = projectedRole(message, context);
  const content = message.content.flatMap((block) => projectBlock(block, role, context));
  if (content.length === 0) return undefined;
  const origin = role === "user" && message.role !== "user" ? "injected" : message.origin;
  const { origin: _origin, ...rest } = message;
  return { ...rest, role, content, ...(origin === undefined ? {} : { origin }) };
}

/** Whether answers hold pictures; `failed` tells of which ones. */
function holdsPictures({ images }: Capabilities, failed: boolean): boolean {
  return failed ? (images.failedResult ?? images.toolResult) : images.toolResult;
}

/** Whether pictures of answers go behind them, because answers cannot hold any. */
function movesPictures({ target }: ProjectionContext, failed: boolean): boolean {
  const { images } = target.capabilities;
  return !holdsPictures(target.capabilities, failed) && images.user && images.behindResults === true;
}

/** The pictures of one answer that the target takes in a user message behind it only. `failed`: the answer has. */
export function picturesBehind(
  results: readonly ToolResultBlock[],
  failed: boolean,
  context: ProjectionContext,
): ImageBlock[] {
  if (!movesPictures(context, failed)) return [];
  return results
    .flatMap(({ content }) => content)
    .filter((part): part is ImageBlock => part.type === "image" && keepsImage(part, "user", context));
}

/** What a failed command of unknown exit code gets where only the exit code can say that it failed. */
const FAILED = 1;

/** The exit code the target is to show; counts failures that reach it as text alone. */
function projectExitCode(
  block: ToolResultBlock,
  call: ToolCallBlock,
  context: ProjectionContext,
): number | undefined {
  const { target, header } = context;
  const flagless =
    block.isError && !target.capabilities.toolResults.errorFlag && header.provider !== target.slug;
  if (!flagless || (block.exitCode ?? 0) !== 0) return block.exitCode;
  context.losses.add("error-flag-as-text");
  // A command whose answer was never recorded has no exit code, and none is made up.
  return call.tool?.kind === "shell" && block.synthetic !== true ? FAILED : block.exitCode;
}

function countPictures(content: ToolResultBlock["content"]): number {
  return content.reduce((count, part) => (part.type === "image" ? count + 1 : count), 0);
}

/**
 * A result's payload as the target can hold it. `call` is its projected call; where that is `foreign`, it
 * keeps another agent's name, and the result that agent's framing. `failed`: the answer the result is a part of has.
 */
export function projectResult(
  block: ToolResultBlock,
  call: ToolCallBlock,
  foreign: boolean,
  failed: boolean,
  context: ProjectionContext,
): ToolResultBlock {
  const { losses, target, maxToolOutput } = context;
  let cut = false;
  const shortened = (part: TextBlock): TextBlock => {
    const text = elideMiddle(part.text, maxToolOutput);
    cut ||= text !== part.text;
    return { type: "text", text };
  };
  const framed = foreign && block.framed !== undefined;
  const moved = movesPictures(context, failed);
  const kept = block.content.filter((part) =>
    part.type === "image"
      ? !moved && keepsImage(part, failed ? "failedResult" : "toolResult", context)
      : part.text !== "" && !framed,
  );
  const parts: ToolResultBlock["content"] = framed ? [{ type: "text", text: block.framed! }, ...kept] : kept;
  const content = parts.map((part) => (part.type === "text" ? shortened(part) : part));
  if (cut) losses.add("tool-output-cut");
  const exitCode = projectExitCode(block, call, context);
  const { exitCode: _exitCode, framed: _framed, native, ...rest } = block;
  const own = context.header.provider === target.slug && !foreign;
  // Private detail may hold the pictures, and what is left out must not come back with it.
  const keepsNative =
    own && native !== undefined && !cut && countPictures(kept) === countPictures(block.content);
  return {
    ...rest,
    // Framing that was put back is part of the text now; a second reading would find the exit code there.
    ...(exitCode === undefined || foreign ? {} : { exitCode }),
    ...(keepsNative ? { native } : {}),
    content,
  };
}
