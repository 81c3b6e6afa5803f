import type { JsonValue } from "casr-cli/provider";
import { objectsIn, stringAt } from "./json.ts";

/** What Kimi Code reckons a picture to be. */
const MEDIA_TOKENS = 2000;

/** Four ASCII characters are one token, any other character is one (`estimateTokens`, Kimi Code 2.1.0). */
function tokensOf(text: string): number {
  let ascii = 0;
  let other = 0;
  for (const char of text)
    if (char.codePointAt(0)! <= 127) ascii += 1;
    else other += 1;
  return Math.ceil(ascii / 4) + other;
}

/** The tokens of a user message as Kimi Code estimates them, its role included. */
export function messageTokens(content: JsonValue | undefined): number {
  let total = 1;
  for (const part of objectsIn(content)) {
    const type = stringAt(part, "type");
    if (type === "text") total += tokensOf(stringAt(part, "text") ?? "");
    else if (type === "think") total += tokensOf(stringAt(part, "think") ?? "");
    else if (type?.endsWith("_url") === true) total += MEDIA_TOKENS;
  }
  return total;
}

/** Which end of a text is kept, and how much of it. */
export interface Cut {
  end: "head" | "tail";
  tokens: number;
}

/** The first or last tokens of `text`; no character is cut in two. */
export function cutText(text: string, { end, tokens }: Cut): string {
  if (tokens <= 0) return "";
  const chars = [...text];
  if (end === "tail") chars.reverse();
  let ascii = 0;
  let other = 0;
  let length = 0;
  for (const char of chars) {
    if (char.codePointAt(0)! <= 127) ascii += 1;
    else other += 1;
    if (Math.ceil(ascii / 4) + other > tokens) break;
    length += char.length;
  }
  return end === "head" ? text.slice(0, length) : text.slice(text.length - length);
}
