/** Whole escape sequences (CSI, OSC and other strings, two-character ones), so that none of their text is left. */
const ESCAPES =
  // oxlint-disable-next-line no-control-regex
  /\u001B\[[0-?]*[ -/]*[@-~]|\u001B[\]PX^_][^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C)?|\u001B[ -/]*[0-~]?|\u009B[0-?]*[ -/]*[@-~]/g;
/** Controls, bidirectional overrides and invisible characters that can make text look like something else. */
const HARMFUL =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu;
// oxlint-disable-next-line no-control-regex
const COLORS = /\u001B\[\d+m/g;
const SPACES = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const LINE_ENDS = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;

/** Text from a session made safe for a terminal, on one line. */
export function sanitizeLine(text: string): string {
  return text.toWellFormed().replace(ESCAPES, "").replace(SPACES, " ").replace(HARMFUL, "").trim();
}

/** Text made safe for a terminal; line breaks are kept, tabs become spaces. */
export function sanitizeText(text: string): string {
  return text
    .toWellFormed()
    .replace(ESCAPES, "")
    .replace(LINE_ENDS, "\n")
    .replaceAll("\t", "    ")
    .replace(HARMFUL, "");
}

let made: Intl.Segmenter | undefined;

/** User-perceived characters of `text`. Making a segmenter takes as long as a third of casr's start: only when one is needed. */
function segmentsOf(text: string): Iterable<Intl.SegmentData> {
  made ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return made.segment(text);
}

/** Characters that stand alone and take one column each: ASCII, Latin letters, the punctuation we write ourselves. */
const PLAIN = /^[ -~\u00A0-\u00AC\u00AE-\u02FF\u2013\u2014\u2018-\u201F\u2022\u2026\u2192\u2212]*$/;
const ZERO_WIDTH = /^[\p{Mark}\p{Cf}\p{Cc}]+$/u;
const EMOJI =
  /\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[#*0-9]\uFE0F?\u20E3|\p{Regional_Indicator}{2}/u;
/** East Asian wide and fullwidth ranges (Unicode 16, UAX #11) other than emoji. */
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]/u;

/** Terminal columns one user-perceived character takes. */
function clusterWidth(cluster: string): number {
  if (ZERO_WIDTH.test(cluster)) return 0;
  return EMOJI.test(cluster) || WIDE.test(cluster) ? 2 : 1;
}

/** Terminal columns `text` takes; our own colours take none. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  const plain = text.includes("\u001B") ? text.replace(COLORS, "") : text;
  for (const { segment } of segmentsOf(plain)) width += clusterWidth(segment);
  return width;
}

/** The longest start of `text` that fits `width` columns. */
function fittingStart(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, width));
  let used = 0;
  let end = 0;
  for (const { segment, index } of segmentsOf(text)) {
    used += clusterWidth(segment);
    if (used > width) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** The longest end of `text` that fits `width` columns. */
function fittingEnd(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(Math.max(0, text.length - width));
  const segments = [...segmentsOf(text)];
  let used = 0;
  let start = text.length;
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const { segment, index: offset } = segments[index]!;
    used += clusterWidth(segment);
    if (used > width) break;
    start = offset;
  }
  return text.slice(start);
}

/** `text` in at most `width` columns; what is cut is marked by `…` at the `end` or the `start`. */
export function truncate(text: string, width: number, side: "end" | "start" = "end"): string {
  if (width === Infinity || textWidth(text) <= width) return text;
  if (width <= 0) return "";
  if (side === "start") return `…${fittingEnd(text, width - 1)}`;
  return `${fittingStart(text, width - 1).trimEnd()}…`;
}

/** `text` filled with spaces to `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + space : space + text;
}

/** `text` broken at spaces into lines of at most `width` columns; longer words are cut. */
export function wrapLines(text: string, width: number): string[] {
  if (width === Infinity) return text.split("\n");
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let word of paragraph.split(" ")) {
      if (line !== "" && textWidth(line) + 1 + textWidth(word) > width) {
        lines.push(line);
        line = "";
      }
      while (textWidth(word) > width) {
        const part = fittingStart(word, width) || word[0]!;
        lines.push(part);
        word = word.slice(part.length);
      }
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

const UNITS: [seconds: number, name: string][] = [
  [31_557_600, "year"],
  [2_629_800, "month"],
  [604_800, "week"],
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

/** How long ago `then` was: `just now`, `5 minutes ago`, `2 days ago`. Both are epoch ms. */
export function relativeTime(then: number, now: number): string {
  const seconds = Math.round((now - then) / 1000);
  const size = Math.abs(seconds);
  for (const [unit, name] of UNITS) {
    if (size < unit) continue;
    const count = Math.floor(size / unit);
    const amount = `${count} ${name}${count === 1 ? "" : "s"}`;
    return seconds < 0 ? `in ${amount}` : `${amount} ago`;
  }
  return "just now";
}

/** Local date and time to the minute: `2026-03-01 14:05`; empty for what no calendar knows. */
export function localTime(epochMs: number): string {
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) return "";
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A size for people, in powers of 1024: `512 B`, `1.5 KB`, `20 MB`. */
export function byteSize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `1 message`, `2 messages`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : many}`;
}

/** A path with the home folder as `~`, safe for a terminal. */
export function displayPath(path: string, home: string): string {
  const base = home.replace(/[/\\]+$/, "");
  const isInside = base !== "" && path.startsWith(base) && /^(?:[/\\]|$)/.test(path.slice(base.length));
  return sanitizeLine(isInside ? `~${path.slice(base.length)}` : path);
}
