/** A text of the target with the parts of it that have been accounted for. */
interface Slot {
  /** Index among the target's items. */
  item: number;
  text: string;
  covered: [number, number][];
}

/** Where a source text was found. */
export interface TextMatch {
  item: number;
  offset: number;
  /** It stands before a text that it followed in the source. */
  reordered: boolean;
}

/**
 * Finds the texts of one speaker in what the target sent. Agents merge neighbouring texts into one or keep them
 * apart, so a text may be a whole item or whole lines of one.
 */
export class TextFinder {
  readonly #slots: Slot[];
  #cursor = { slot: 0, offset: 0 };

  constructor(items: readonly { item: number; text: string }[]) {
    this.#slots = items.map(({ item, text }) => ({ item, text, covered: [] }));
  }

  /** Takes the next occurrence of `text` that nothing else has taken. */
  take(text: string): TextMatch | undefined {
    const wanted = text.trim();
    const found = this.#search(wanted, this.#cursor) ?? this.#search(wanted, { slot: 0, offset: 0 });
    if (found === undefined) return undefined;
    const slot = this.#slots[found.slot]!;
    slot.covered.push([found.offset, found.offset + wanted.length]);
    const { slot: atSlot, offset: atOffset } = this.#cursor;
    const reordered = found.slot < atSlot || (found.slot === atSlot && found.offset < atOffset);
    if (!reordered) this.#cursor = { slot: found.slot, offset: found.offset + wanted.length };
    return { item: slot.item, offset: found.offset, reordered };
  }

  /** What no source text accounts for, without white space around it. */
  leftovers(): { item: number; text: string }[] {
    return this.#slots.flatMap((slot) => {
      let end = 0;
      const rest: { item: number; text: string }[] = [];
      const ranges = [...slot.covered, [slot.text.length, slot.text.length]].sort((a, b) => a[0]! - b[0]!);
      for (const [from, to] of ranges) {
        const text = slot.text.slice(end, from).trim();
        if (text !== "") rest.push({ item: slot.item, text });
        end = to!;
      }
      return rest;
    });
  }

  #search(
    wanted: string,
    from: { slot: number; offset: number },
  ): { slot: number; offset: number } | undefined {
    if (wanted === "") return undefined;
    for (let index = from.slot; index < this.#slots.length; index++) {
      const slot = this.#slots[index]!;
      let offset = slot.text.indexOf(wanted, index === from.slot ? from.offset : 0);
      while (offset !== -1) {
        const end = offset + wanted.length;
        if (atLineStart(slot.text, offset) && atLineEnd(slot.text, end) && free(slot, offset, end))
          return { slot: index, offset };
        offset = slot.text.indexOf(wanted, offset + 1);
      }
    }
    return undefined;
  }
}

function free(slot: Slot, from: number, to: number): boolean {
  return slot.covered.every(([start, end]) => to <= start || from >= end);
}

function atLineStart(text: string, offset: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, offset - 200), offset));
}

function atLineEnd(text: string, offset: number): boolean {
  return /^[ \t\r]*(?:\n|$)/.test(text.slice(offset, offset + 200));
}
