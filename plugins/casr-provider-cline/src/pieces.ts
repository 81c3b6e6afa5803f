import type { JsonValue } from "casr-cli/provider";
import type { Part } from "./frame.ts";

/**
 * The CLI (3.0.65) cuts the middle out of every string of an answer that is longer, each time it sends it; several
 * shorter strings it sends whole.
 */
export const SENT_CHARACTERS = 8000;

/** How far a piece may be shorter for the sake of ending with a line. */
const LOOK_BACK = 4000;

/**
 * The parts with long texts in pieces. `cuts` says what stood between neighbours: a line end that was left out, as
 * whoever shows the pieces puts one between them; nothing; or null between parts that were apart before.
 */
export function pieces(
  parts: readonly Part[],
  lineEnds: "omit" | "keep" = "omit",
): { texts: Part[]; cuts: (string | null)[] } {
  const texts: Part[] = [];
  const cuts: (string | null)[] = [];
  for (const part of parts) {
    if (texts.length > 0) cuts.push(null);
    if (!("text" in part)) {
      texts.push(part);
      continue;
    }
    let rest = part.text;
    while (rest.length > SENT_CHARACTERS) {
      const line = rest.lastIndexOf("\n", SENT_CHARACTERS - 1);
      const atLine = line > SENT_CHARACTERS - LOOK_BACK && line + 1 < rest.length;
      const end = atLine ? line + (lineEnds === "keep" ? 1 : 0) : hardEnd(rest);
      texts.push({ text: rest.slice(0, end) });
      cuts.push(atLine && lineEnds === "omit" ? "\n" : "");
      rest = rest.slice(atLine ? line + 1 : end);
    }
    texts.push({ text: rest });
  }
  return { texts, cuts };
}

/** Never cuts a surrogate pair in two. */
function hardEnd(text: string): number {
  const last = text.charCodeAt(SENT_CHARACTERS - 1);
  return last >= 0xd800 && last <= 0xdbff ? SENT_CHARACTERS - 1 : SENT_CHARACTERS;
}

/** Undoes `pieces`. */
export function joinPieces(parts: Part[], cuts: JsonValue | undefined): Part[] {
  if (!Array.isArray(cuts) || cuts.length !== parts.length - 1) return parts;
  const joined: Part[] = [];
  for (const [index, part] of parts.entries()) {
    const cut = index === 0 ? null : cuts[index - 1];
    const before = joined.at(-1);
    if (typeof cut === "string" && "text" in part && before !== undefined && "text" in before)
      joined[joined.length - 1] = { text: before.text + cut + part.text };
    else joined.push(part);
  }
  return joined;
}
