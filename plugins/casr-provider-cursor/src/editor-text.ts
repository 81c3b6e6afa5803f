import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, objectsOf, parseJson, stringOf } from "./json.ts";

const MOST_NODES = 100_000;
const BLOCKS = new Set(["paragraph", "heading", "listitem", "code", "quote"]);

/** The text of a rich text document (Lexical before 2026, ProseMirror since); "" when it is none. */
function richText(value: JsonValue | undefined): string {
  const document = typeof value === "string" ? parseJson(value) : value;
  if (!isObject(document)) return "";
  const parts: string[] = [];
  const stack: (JsonValue | string)[] = [document["root"] ?? document];
  for (let seen = 0; stack.length > 0 && seen < MOST_NODES; seen += 1) {
    const node = stack.pop()!;
    if (typeof node === "string") {
      parts.push(node);
      continue;
    }
    if (!isObject(node)) continue;
    if (typeof node["text"] === "string") parts.push(node["text"]);
    if (node["type"] === "linebreak" || node["type"] === "hardBreak") parts.push("\n");
    if (BLOCKS.has(String(node["type"]))) stack.push("\n");
    const children = node["children"] ?? node["content"];
    if (Array.isArray(children)) stack.push(...children.toReversed());
  }
  return parts.join("").replace(/\n$/u, "");
}

/** What a bubble says: its text, else the older fields. */
export function bubbleText(bubble: JsonObject): string {
  const text = stringOf(bubble, "text") || stringOf(bubble, "rawText") || richText(bubble["richText"]);
  const blocks = objectsOf(bubble, "codeBlocks").flatMap((block) => {
    const code = stringOf(block, "content");
    // Versions since 2025 have the code in the text as well.
    if (code === undefined || code.trim() === "" || text.includes(code.trim())) return [];
    const language = stringOf(block, "languageId") ?? "";
    return [`\`\`\`${/^[\w+#.-]*$/u.test(language) ? language : ""}\n${code}\n\`\`\``];
  });
  return blocks.length === 0 ? text : [text, ...blocks].filter((part) => part !== "").join("\n\n");
}
