import type { Block, JsonObject, JsonValue, Origin } from "casr-cli/provider";
import { isJsonObject, numberAt, objectAt, objectsIn, stringAt } from "./json.ts";
import { contentBlocks, imageBlock, textBlock } from "./content.ts";

/** A part of the conversation that the agent kept as an attachment. */
export interface AttachedContent {
  blocks: Block[];
  origin: Origin;
}

function reminder(text: string): Block[] {
  return textBlock(`<system-reminder>\n${text}\n</system-reminder>`);
}

const WRAPPED = /^<system-reminder>\n([\s\S]*)\n<\/system-reminder>$/;

/**
 * The texts the agent recorded as sent; undefined when it recorded none. Those it rendered for
 * the system are sent without their tags (Claude Code 2.1.329).
 */
function renderedBlocks(record: JsonObject): Block[] | undefined {
  const rendered = objectsIn(record["rendered"]);
  if (rendered.length === 0) return undefined;
  const blocks = rendered.flatMap((part) => contentBlocks(part["content"]));
  if (record["renderedRole"] !== "system") return blocks;
  return blocks.map((block) =>
    block.type === "text" ? { ...block, text: WRAPPED.exec(block.text)?.[1] ?? block.text } : block,
  );
}

function numberedLines(text: string, first: number): string {
  return text
    .split("\n")
    .map((line, index) => `${first + index}\t${line}`)
    .join("\n");
}

/** A file named in a prompt with `@`: sent as if the Read tool had been called (Claude Code 2.1.329). */
function fileBlocks(record: JsonObject, attachment: JsonObject): Block[] {
  const content = objectAt(attachment, "content");
  const file = objectAt(content, "file");
  const path = stringAt(attachment, "filename") ?? stringAt(file, "filePath") ?? "";
  const base64 = stringAt(file, "base64");
  const called = reminder(
    `Called the Read tool with the following input: ${JSON.stringify({ file_path: path })}`,
  );
  if (stringAt(content, "type") === "image" && base64 !== undefined) {
    const rendered = renderedBlocks(record);
    const image = imageBlock(stringAt(file, "type") ?? "image/png", base64, path);
    return rendered?.some((block) => block.type === "image") === true
      ? rendered
      : [...(rendered ?? called), image];
  }
  const rendered = renderedBlocks(record);
  if (rendered !== undefined) return rendered;
  const text = stringAt(file, "content");
  if (text === undefined) return called;
  const lines = numberedLines(text, numberAt(file, "startLine") ?? 1);
  return [...called, ...reminder(`Result of calling the Read tool:\n${lines}`)];
}

function directoryBlocks(attachment: JsonObject): Block[] {
  const path = stringAt(attachment, "path") ?? "";
  const input = { command: `ls ${path}`, description: `Lists files in ${path}` };
  const called = reminder(`Called the Bash tool with the following input: ${JSON.stringify(input)}`);
  return [
    ...called,
    ...reminder(`Result of calling the Bash tool:\n${stringAt(attachment, "content") ?? ""}`),
  ];
}

function resourceBlocks(attachment: JsonObject): Block[] {
  const contents = objectsIn(objectAt(attachment, "content")?.["contents"]);
  const text = contents.flatMap((part) => stringAt(part, "text") ?? []).join("\n");
  return text === "" ? [] : reminder(`Full contents of resource:\n${text}`);
}

/** What a hook said to the model. Hooks of the session's start run again at the next one. */
function hookText(attachment: JsonObject, type: string): string | undefined {
  const name = stringAt(attachment, "hookName") ?? stringAt(attachment, "hookEvent") ?? "";
  if (stringAt(attachment, "hookEvent") === "SessionStart") return undefined;
  if (type === "hook_blocking_error") {
    const error = objectAt(attachment, "blockingError");
    const text = stringAt(error, "blockingError");
    return text && `${name} hook blocking error from command: "${stringAt(error, "command") ?? ""}": ${text}`;
  }
  const content = attachment["content"];
  const text = Array.isArray(content)
    ? content.filter((part: JsonValue) => typeof part === "string").join("\n")
    : content;
  if (typeof text !== "string" || text.trim() === "") return undefined;
  return type === "hook_success"
    ? `${name} hook success: ${text}`
    : `${name} hook additional context: ${text}`;
}

/** What an attachment record adds to the conversation; undefined when it adds nothing. */
export function attachedContent(record: JsonObject): AttachedContent | undefined {
  const attachment = record["attachment"];
  if (!isJsonObject(attachment)) return undefined;
  const type = stringAt(attachment, "type") ?? "";
  const injected = (blocks: Block[]): AttachedContent => ({ blocks, origin: "injected" });
  switch (type) {
    case "file":
      return injected(fileBlocks(record, attachment));
    case "directory":
      return injected(renderedBlocks(record) ?? directoryBlocks(attachment));
    case "mcp_resource":
      return injected(renderedBlocks(record) ?? resourceBlocks(attachment));
    case "queued_command": {
      const typed = attachment["commandMode"] === undefined || attachment["commandMode"] === "prompt";
      const prompt = contentBlocks(attachment["prompt"]);
      // A background task's report; the warning around it is made anew by the agent that sends it.
      if (!typed) return injected(prompt);
      // Sent as it was rendered: the person's words with a sentence before and behind.
      const rendered = renderedBlocks(record);
      const pictures =
        rendered?.every((block) => block.type === "text") === true
          ? prompt.filter((block) => block.type !== "text")
          : [];
      return {
        blocks: rendered === undefined ? prompt : [...rendered, ...pictures],
        origin: "person",
      };
    }
    default: {
      const text = hookText(attachment, type);
      return text === undefined ? undefined : injected(renderedBlocks(record) ?? reminder(text));
    }
  }
}
