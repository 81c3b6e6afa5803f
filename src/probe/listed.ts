import { stripVTControlCharacters } from "node:util";

/** Characters of a title that lists show at least. */
const SHOWN_TITLE = 20;

/**
 * Without white space, the escapes of JSON for it, and the colours and movements of a terminal: lists put a title on
 * one line, and screens leave out spaces by moving the cursor.
 */
function inked(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\\[nrt]|\s+/g, "");
}

/**
 * Whether an agent's own list, printed as text or JSON or drawn on a terminal, shows a session of this title; never
 * for an empty title.
 */
export function showsTitle(list: string, title: string): boolean {
  const beginning = inked([...title.replaceAll(/\s+/g, " ").trim()].slice(0, SHOWN_TITLE).join(""));
  const shown = inked(list);
  return (
    beginning !== "" && (shown.includes(beginning) || shown.includes(JSON.stringify(beginning).slice(1, -1)))
  );
}
