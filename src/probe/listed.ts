/** Characters of a title that lists show at least. */
const SHOWN_TITLE = 20;

/** On one line, with the escapes of JSON for line breaks and tabs as the spaces a list makes of them. */
function onOneLine(text: string): string {
  return text.replaceAll(/\\[nrt]|\s+/g, " ").trim();
}

/** Whether an agent's own list, printed as text or JSON, shows a session of this title; never for an empty title. */
export function showsTitle(list: string, title: string): boolean {
  const beginning = onOneLine(title).slice(0, SHOWN_TITLE).trim();
  const shown = onOneLine(list);
  return (
    beginning !== "" && (shown.includes(beginning) || shown.includes(JSON.stringify(beginning).slice(1, -1)))
  );
}
