/**
 * The framing Gemini CLI puts around what tools print, and its exact removal. 0.35 and later wrap text
 * from outside in `<untrusted_context>`; shell results have labelled lines inside of it.
 */

const OPEN = "<untrusted_context>\n";
const CLOSE = "\n</untrusted_context>";
const CLOSE_TAG = "</untrusted_context>";
const ESCAPED_TAG = "&lt;/untrusted_context&gt;";
/** First line of an output the CLI cut; it stays part of the payload, in front of the frame. */
const CUT_HEAD = /^Output too large\. Showing first [^\n]*\n/u;
/** How the answer begins when a file was read in part or not shown at all: what follows is no plain file. */
const NO_FILE =
  /^(?:\n?IMPORTANT: The file content has been truncated\.\n|Cannot display content of binary file: )/u;
const EMPTY = "(empty)";

/** The CLI's own name for its shell tool. */
export const SHELL = "run_shell_command";

/** What a framed text holds. `texts` are the payload's pieces; `detail` is what only the frame says. */
export interface Payload {
  texts: string[];
  exitCode?: number;
  /** Framing that `frame` cannot guess: trailing lines of a shell result, or which pieces are wrapped. */
  detail?: FrameDetail;
}

export interface FrameDetail {
  tail?: string;
  /** Lines about a signal or background processes, which stand behind the exit code in the frame. */
  news?: string;
  /** Nothing stood where the CLI writes "(empty)". */
  blank?: boolean;
  wrapped?: boolean[];
}

/** Whether results of the tool come in a frame: shell, web, and everything from MCP servers. */
export function isFramed(name: string): boolean {
  return name === SHELL || name === "web_fetch" || name === "google_web_search" || name.startsWith("mcp_");
}

/** Whether the text is not all that the tool had: the CLI cut it, or left out what is no text. */
export function isCut(name: string, text: string): boolean {
  return CUT_HEAD.test(text) || (name === "read_file" && NO_FILE.test(text));
}

/** A closing tag inside is escaped, as the CLI does; the model sees it so, and so does whoever reads it back. */
function wrap(text: string): string {
  return `${OPEN}${text.replaceAll(CLOSE_TAG, ESCAPED_TAG)}${CLOSE}`;
}

function unwrap(text: string): string | undefined {
  if (!text.startsWith(OPEN) || !text.endsWith(CLOSE) || text.length < OPEN.length + CLOSE.length)
    return undefined;
  const inner = text.slice(OPEN.length, -CLOSE.length);
  return inner.includes(CLOSE_TAG) ? undefined : inner;
}

/** Takes the frame off a result of the tool `name`. Text without a frame comes back as it is. */
export function unframe(name: string, text: string): Payload {
  if (name === SHELL) return unframeShell(text);
  return isFramed(name) ? unframeBlocks(text) : { texts: text === "" ? [] : [text] };
}

/** Puts the frame of the tool `name` around a payload; `unframe` gives the payload back unless it looks like a frame itself. */
export function frame(name: string, payload: Payload): string {
  if (name === SHELL) return frameShell(payload);
  if (!isFramed(name)) return payload.texts.join("\n");
  if (payload.texts.length === 0) return wrap("");
  const wrapped = payload.detail?.wrapped;
  const fits = wrapped?.length === payload.texts.length;
  return payload.texts
    .map((text, index) => (fits && wrapped[index] === false ? text : wrap(text)))
    .join("\n");
}

/**
 * Lines behind the output, in the order the CLI writes them (0.61.0). Exit code and process group are
 * framing; a signal and background processes are news, and stay in the payload.
 */
const TAIL =
  /(?:\nExit Code: (?<exit>-?\d+))?(?<news>(?:\nSignal: (?<signal>[^\n]+))?(?:\nBackground PIDs: [\d, ]+)?)(?<group>\nProcess Group PGID: \d+)?$/u;

/** How many lines there are of the labels behind the output. */
const TAIL_LINES = 4;

/** Finds `TAIL` where it can be, in the last lines: outputs are long. */
function tailOf(text: string): { start: number; labels: Record<string, string | undefined> } {
  let from = text.length;
  for (let line = 0; line < TAIL_LINES && from > 0; line += 1)
    from = Math.max(text.lastIndexOf("\n", from - 1), 0);
  const found = TAIL.exec(text.slice(from))!;
  return { start: from + found.index, labels: found.groups! };
}

/** What a shell reports for a command that a signal ended. */
const SIGNALLED = 128;

/** The CLI writes no exit code for a command that a signal ended; a shell would have given this one. */
function signalExit(signal: string | undefined): number | undefined {
  return signal !== undefined && /^[1-9]\d?$/u.test(signal) ? SIGNALLED + Number(signal) : undefined;
}

/** Last lines of the form up to 0.24, where each label is always there. */
const OLD_TAIL =
  /^\nError: ([\s\S]*?)\nExit Code: (-?\d+|\(none\))\nSignal: ([^\n]*)\nBackground PIDs: ([^\n]*)\nProcess Group PGID: [^\n]*$/u;

function unframeShell(text: string): Payload {
  const head = CUT_HEAD.exec(text)?.[0] ?? "";
  const body = text.slice(head.length);
  const inner = unwrap(body) ?? body;
  const old = oldForm(inner);
  if (old !== undefined) return { ...old, texts: nonEmpty(head + old.texts.join("")) };
  if (!inner.startsWith("Output: ")) return { texts: nonEmpty(head + inner) };
  const { start, labels } = tailOf(inner);
  const { exit, news = "", signal, group = "" } = labels;
  const printed = inner.slice("Output: ".length, Math.max(start, "Output: ".length));
  const exitCode = exit === undefined ? signalExit(signal) : Number(exit);
  const detail = {
    ...(group === "" ? {} : { tail: group }),
    ...(news === "" ? {} : { news }),
    ...(printed === "" ? { blank: true } : {}),
  };
  return {
    texts: nonEmpty(head + withNews(printed === EMPTY ? "" : printed, news)),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

function withNews(printed: string, news: string): string {
  return printed === "" ? news.slice(1) : printed + news;
}

/** What was printed, where `text` is that with `news` behind it. */
function withoutNews(text: string, news: string): string | undefined {
  if (news === "" || text === news.slice(1)) return news === "" ? undefined : "";
  return text.endsWith(news) ? text.slice(0, -news.length) : undefined;
}

/** The form up to 0.24: command and folder in front, then the output, then labels that may say "(none)". */
function oldForm(inner: string): Payload | undefined {
  const folder = inner.startsWith("Command: ") ? inner.indexOf("\nDirectory: ") : -1;
  const label = folder === -1 ? -1 : inner.indexOf("\n", folder + 1);
  const named =
    label !== -1 && (inner.startsWith("Output: ", label + 1) || inner.startsWith("Stdout: ", label + 1));
  const end = named ? inner.lastIndexOf("\nError: ") : -1;
  const start = label + "\nOutput: ".length;
  const match = end < start ? null : OLD_TAIL.exec(inner.slice(end));
  if (match === null) return undefined;
  const [, error = "", exit = "", signal = "", background = ""] = match;
  const printed = inner.slice(start, end);
  const news = [
    ...(error === "(none)" ? [] : [`\nError: ${error}`]),
    ...(signal === "(none)" ? [] : [`\nSignal: ${signal}`]),
    ...(background === "(none)" ? [] : [`\nBackground PIDs: ${background}`]),
  ];
  const output = printed + news.join("");
  return {
    texts: nonEmpty(output === EMPTY ? "" : output),
    ...(exit === "(none)" ? {} : { exitCode: Number(exit) }),
  };
}

function frameShell(payload: Payload): string {
  const text = payload.texts.join("\n");
  const head = CUT_HEAD.exec(text)?.[0] ?? "";
  const output = text.slice(head.length);
  const { news = "", tail = "" } = payload.detail ?? {};
  const printed = withoutNews(output, news);
  const behind = printed === undefined ? "" : news;
  const signal = /^\nSignal: ([^\n]+)/u.exec(behind)?.[1];
  const known =
    payload.exitCode === undefined || payload.exitCode === 0 || payload.exitCode === signalExit(signal);
  const exit = known ? "" : `\nExit Code: ${payload.exitCode}`;
  const nothing = payload.detail?.blank === true ? "" : EMPTY;
  return head + wrap(`Output: ${(printed ?? output) || nothing}${exit}${behind}${tail}`);
}

/** Wrapped blocks and plain lines between them (the CLI's own remarks about media), joined by "\n". */
function unframeBlocks(text: string): Payload {
  const plain: Payload = { texts: nonEmpty(text) };
  if (!text.includes(OPEN)) return plain;
  const texts: string[] = [];
  const wrapped: boolean[] = [];
  let at = 0;
  while (at <= text.length) {
    const open = text.startsWith(OPEN, at) ? at : text.indexOf(`\n${OPEN}`, at);
    const isOpen = open === at;
    const end = isOpen ? text.indexOf(CLOSE, at + OPEN.length - 1) : open === -1 ? text.length : open;
    if (end === -1) return plain;
    const stop = isOpen ? end + CLOSE.length : end;
    const piece = isOpen ? unwrap(text.slice(at, stop)) : text.slice(at, stop);
    if (piece === undefined || (stop < text.length && text[stop] !== "\n")) return plain;
    texts.push(piece);
    wrapped.push(isOpen);
    at = stop + 1;
  }
  if (texts.length === 1 && texts[0] === "") return { texts: [] };
  if (!wrapped.includes(true) || texts.includes("")) return plain;
  return { texts, ...(wrapped.includes(false) ? { detail: { wrapped } } : {}) };
}

function nonEmpty(text: string): string[] {
  return text === "" ? [] : [text];
}
