import { createHash } from "node:crypto";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Ids hold the low 48 bits of the time in ms × 4096; they begin anew every 795 days. */
const BITS = 48;
const PER_MS = 4096n;
/** Ids begin this long before now: those the agent makes from now on must sort after all of them, ms. */
const BEFORE_NOW = 60_000;

function lettersFrom(seed: string, count: number): string {
  const bytes = createHash("sha256").update(seed).digest();
  return Array.from(bytes.subarray(0, count), (byte) => LETTERS[byte % LETTERS.length]!).join("");
}

/**
 * The agent's form of a session id for a UUID: `ses_`, 12 hex digits and 14 letters, of which the last four say
 * that casr made it. Real ones hold the time, by which nothing is looked up.
 */
export function sessionIdFor(uuid: string): string {
  const hex = createHash("sha256").update(uuid).digest("hex").slice(0, 12);
  return `ses_${hex}${lettersFrom(`letters of ${uuid}`, 10)}casr`;
}

/**
 * Ids of the messages and parts of a session, each greater than the one before. They hold the time of writing,
 * whatever the conversation's dates: OpenCode 1.2 to 1.14 and Kilo Code send nothing of messages whose ids are
 * not smaller than those they make themselves, and old ids may be greater.
 */
export class Ids {
  readonly #seed: string;
  #next: bigint;

  /** `now` is epoch ms. */
  constructor(sessionId: string, now: number) {
    this.#seed = sessionId;
    this.#next = BigInt(Math.max(0, Math.trunc(now) - BEFORE_NOW)) * PER_MS;
  }

  next(prefix: "msg" | "prt"): string {
    this.#next += 1n;
    const hex = BigInt.asUintN(BITS, this.#next)
      .toString(16)
      .padStart(BITS / 4, "0");
    return `${prefix}_${hex}${lettersFrom(`${this.#seed} ${hex}`, 14)}`;
  }
}
