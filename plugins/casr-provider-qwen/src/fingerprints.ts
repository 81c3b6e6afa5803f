/** Ids of a session, each in 32 bits: an id that is not among them surely was not added. */
export class Fingerprints {
  readonly #known: Set<number>;

  constructor(known: Iterable<number> = []) {
    this.#known = new Set(known);
  }

  /** FNV-1a. */
  static #of(id: string): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
    return hash >>> 0;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.#known.add(Fingerprints.#of(id));
  }

  /** True for every id that was added, and by chance for another one in millions. */
  mayHold(id: string): boolean {
    return this.#known.has(Fingerprints.#of(id));
  }

  get size(): number {
    return this.#known.size;
  }

  /** Base64; `from` takes it up. */
  text(): string {
    const words = Uint32Array.from(this.#known);
    const bytes = Buffer.alloc(words.length * 4);
    words.forEach((word, order) => bytes.writeUInt32LE(word, order * 4));
    return bytes.toString("base64");
  }

  static from(text: string): Fingerprints {
    const bytes = Buffer.from(text, "base64");
    const words = new Uint32Array(Math.floor(bytes.length / 4));
    for (let order = 0; order < words.length; order += 1) words[order] = bytes.readUInt32LE(order * 4);
    return new Fingerprints(words);
  }
}
