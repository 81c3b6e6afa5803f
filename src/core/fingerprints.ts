import type { Fingerprints } from "../provider/world.ts";

/** Each id is kept as a hash of 32 bits. */
export class IdFingerprints implements Fingerprints {
  #words = new Uint32Array(256);
  size = 0;
  /** Made when the first id is asked for: most sessions are read once. */
  #known: Set<number> | undefined;

  /** FNV-1a. */
  static #of(id: string): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
    return hash >>> 0;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.#push(IdFingerprints.#of(id));
  }

  #push(word: number): void {
    if (this.size === this.#words.length) {
      const larger = new Uint32Array(this.size * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.size] = word;
    this.size += 1;
    this.#known?.add(word);
  }

  mayHold(id: string): boolean {
    this.#known ??= new Set(this.#words.subarray(0, this.size));
    return this.#known.has(IdFingerprints.#of(id));
  }

  text(): string {
    const bytes = Buffer.alloc(this.size * 4);
    for (let order = 0; order < this.size; order += 1) bytes.writeUInt32LE(this.#words[order]!, order * 4);
    return bytes.toString("base64");
  }

  /** `text` is what the one to go on with gave. */
  static from(text: string): IdFingerprints {
    const found = new IdFingerprints();
    const bytes = Buffer.from(text, "base64");
    for (let at = 0; at + 4 <= bytes.length; at += 4) found.#push(bytes.readUInt32LE(at));
    return found;
  }
}
