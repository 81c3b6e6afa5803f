/** What changes from copy to copy of genuine bytes; everything has the length of what it replaces. */
export interface Copy {
  /** Id of the session, as long as the genuine one. */
  session: string;
  /** Its folder, as long as the genuine one. */
  workspace: string;
  /** Different for each copy: all ids inside the bytes are made from it. */
  salt: number;
  /** The salt of the copy before this one, whose last record this one's first continues. */
  before: number;
  /** Added to every time, in ms. */
  shift: number;
}

/** Constants of the genuine session a template is made from. */
export interface Genuine {
  session: string;
  workspace: string;
  /** Stands where the first record names the record before it. */
  entry?: string;
  /** Id of the last record in the chain. */
  last?: string;
}

interface Token {
  at: number;
  length: number;
  write: (copy: Copy) => string;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const PREFIXED = String.raw`\b(?:(?:toolu|call|msg|prt)_|(?:fco?|rs|ctco?|it|at|chatcmpl)_(?=[A-Za-z0-9-]*\d))[A-Za-z0-9_-]{6,}`;
const ISO = String.raw`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
/** Epoch milliseconds of the years the fixtures were recorded in; Gemini CLI builds call ids with them. */
const EPOCH = String.raw`17[0-9]{11}(?![0-9])`;
const SHORT = `(?<="(?:id|parentId)":")[0-9a-f]{8}(?=")`;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function mixed(hex: string, salt: number): string {
  const value = (Number.parseInt(hex, 16) ^ Math.imul(salt, 2654435761)) >>> 0;
  return value.toString(16).padStart(8, "0");
}

/** Another id of the same form and length. Distinct ids stay distinct, and later copies sort later. */
export function renewedId(id: string, salt: number): string {
  if (/^[0-9a-f]{8}(?:-|$)/.test(id)) return mixed(id.slice(0, 8), salt) + id.slice(8);
  const [, prefix, rest] = /^([a-z]+_)(.*)$/.exec(id)!;
  // OpenCode and its kin: twelve hex digits of time that put messages in order, then random letters.
  const ordered = /^([0-9a-f]{12})(.{14})$/.exec(rest!);
  if (ordered !== null) {
    const time = (BigInt(`0x${ordered[1]}`) + BigInt(salt) * 0x100000n) & 0xffff_ffff_ffffn;
    return `${prefix}${time.toString(16).padStart(12, "0")}${ordered[2]}`;
  }
  const uuid = new RegExp(`^${UUID}`).exec(rest!);
  if (uuid !== null) return prefix + renewedId(uuid[0], salt) + rest!.slice(uuid[0].length);
  // The head of these is a time that all of one session share; what tells them apart is at the end.
  return `${prefix}${salt.toString(36).padStart(6, "0").slice(-6)}${rest!.slice(6)}`;
}

function writerOf(text: string, genuine: Genuine): (copy: Copy) => string {
  if (text === genuine.session) return (copy) => copy.session;
  if (text === genuine.workspace) return (copy) => copy.workspace;
  if (text === genuine.entry) return (copy) => renewedId(genuine.last!, copy.before);
  if (text.endsWith("Z") && text.includes("T")) {
    const time = Date.parse(text);
    return (copy) => new Date(time + copy.shift).toISOString();
  }
  if (/^\d+$/.test(text)) return (copy) => String(Number(text) + copy.shift);
  return (copy) => renewedId(text, copy.salt);
}

/** Bytes of a genuine session that can be copied any number of times under other ids, times and folders. */
export class Template {
  readonly #bytes: Buffer;
  readonly #tokens: Token[] = [];

  constructor(text: string, genuine: Genuine) {
    this.#bytes = Buffer.from(text);
    const words = [
      genuine.session,
      genuine.workspace,
      ...(genuine.entry === undefined ? [] : [genuine.entry]),
    ];
    const pattern = [...words.map(escaped), PREFIXED, UUID, ISO, EPOCH, SHORT].join("|");
    let end = 0;
    let at = 0;
    for (const match of text.matchAll(new RegExp(pattern, "g"))) {
      at += Buffer.byteLength(text.slice(end, match.index));
      this.#tokens.push({ at, length: match[0].length, write: writerOf(match[0], genuine) });
      at += match[0].length;
      end = match.index + match[0].length;
    }
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** One copy. Throws if a part would not fit the place of the genuine one. */
  copy(copy: Copy): Buffer {
    const bytes = Buffer.from(this.#bytes);
    for (const { at, length, write } of this.#tokens) {
      const text = write(copy);
      if (text.length !== length) throw new Error(`${text} does not fit the place of ${length} characters`);
      bytes.write(text, at, "latin1");
    }
    return bytes;
  }
}
