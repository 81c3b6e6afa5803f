/** JSON as it is in a genuine record. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Sizes of tool outputs in KB, in turn: most are small, a few are as large as agents let them be. */
const OUTPUT_KB = [1, 2, 1, 4, 1, 12, 2, 1, 30, 3, 1, 8, 2, 60, 1, 5, 2, 18, 1, 200] as const;
const IMAGE_KB = 160;
const BASE64 = /^[A-Za-z0-9+/]{80,}={0,2}$/;

/** Sizes of tool outputs as they come up one after the other; always the same. */
export class OutputSizes {
  #next = 0;

  /** The size of the next output, in characters. */
  take(): number {
    const kb = OUTPUT_KB[this.#next % OUTPUT_KB.length]!;
    this.#next += 1;
    return kb * 1024;
  }
}

/** Keys of what is no output, however long it is: it tells records apart, or says where they belong. */
const NO_OUTPUT =
  /(?:^|_)(?:id|uuid|name|cwd|model|type|role|status|phase)$|(?:Id|Uuid|UUID|Name)$|^(?:timestamp|mimeType|media_type)$/;

function leavesOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return Object.entries(value).flatMap(([key, item]) => (NO_OUTPUT.test(key) ? [] : leavesOf(item)));
}

function replaced(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, change)]));
}

/** `text` with lines from its middle said again and again: its start and its end stay as the agent framed them. */
function longer(text: string, size: number): string {
  if (text.length >= size) return text;
  const lines = text.split("\n");
  const from = Math.floor(lines.length * 0.4);
  const to = Math.max(from + 1, Math.floor(lines.length * 0.8));
  const middle = lines.slice(from, to);
  if (lines.length < 3) middle.push("");
  const room = size - text.length;
  const again = Math.ceil(room / (middle.join("\n").length + 1));
  const repeated = Array.from({ length: again }, () => middle).flat();
  return [...lines.slice(0, to), ...repeated, ...lines.slice(to)].join("\n");
}

/** A picture's file with bytes after its end, which programs that show it pass over. */
function largerImage(data: string, size: number): string {
  if (data.length >= size) return data;
  const whole = data.slice(0, Math.floor((data.replace(/=+$/, "").length - 1) / 4) * 4);
  const filling = whole.slice(0, Math.floor(whole.length / 8) * 4);
  return whole + filling.repeat(Math.ceil((size - whole.length) / filling.length));
}

/**
 * A genuine record of a tool's result with an output as long as they are in real life; the places where
 * the agent repeats the output (for its own screen, for instance) grow with it. Pictures grow too.
 */
export function withRealSizes<T extends Json>(record: T, isResult: boolean, sizes: OutputSizes): T {
  const leaves = leavesOf(record);
  const output = isResult
    ? leaves.filter((leaf) => !BASE64.test(leaf)).reduce((a, b) => (b.length > a.length ? b : a), "")
    : "";
  const grown = output.length < 12 ? output : longer(output, sizes.take());
  return replaced(record, (text) => {
    if (BASE64.test(text) && /^(?:iVBOR|\/9j\/|R0lGOD|UklGR)/.test(text))
      return largerImage(text, IMAGE_KB * 1024);
    return text === output ? grown : text;
  }) as T;
}
