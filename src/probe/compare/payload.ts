/** Whether what the model was sent holds a payload: as it is, inside JSON, with a frame on each line, or shortened. */
export type Held = "whole" | "shortened" | undefined;

/** What is left at both ends of an output that an agent shortens, at least; characters. */
const KEPT_ENDS = 200;

/**
 * How `sent` holds `payload`. Agents frame outputs (line numbers, exit codes, JSON around them): every line of the
 * payload must be there, in order, whatever stands around it.
 */
export function holds(sent: string, payload: string): Held {
  const wanted = plain(payload).trim();
  const given = plain(sent);
  if (wanted === "" || given.includes(wanted)) return "whole";
  const quoted = JSON.stringify(wanted).slice(1, -1);
  if (given.includes(quoted) || unescaped(given).includes(wanted)) return "whole";
  if (holdsLines(given, wanted)) return "whole";
  return isShortened(given, wanted) ? "shortened" : undefined;
}

function plain(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

/** Undoes the escapes that an agent's own tags need. */
function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

function holdsLines(given: string, wanted: string): boolean {
  let from = 0;
  for (const line of wanted.split("\n")) {
    const text = line.trim();
    if (text === "") continue;
    const at = given.indexOf(text, from);
    if (at === -1) return false;
    from = at + text.length;
  }
  return true;
}

function isShortened(given: string, wanted: string): boolean {
  if (wanted.length < 4 * KEPT_ENDS || given.length >= wanted.length) return false;
  return given.includes(wanted.slice(0, KEPT_ENDS)) && given.includes(wanted.slice(-KEPT_ENDS));
}
