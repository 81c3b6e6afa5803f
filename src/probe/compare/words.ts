import type { WireImage } from "../types.ts";

/** A text on one line, cut. */
export function quote(text: string, length = 160): string {
  const line = JSON.stringify(text.trim());
  return line.length > length ? `${line.slice(0, length)}… (${text.length} chars)` : line;
}

export function imageName(image: WireImage): string {
  return `${image.mediaType} ${image.digest.slice(0, 12)} (${image.bytes} bytes)`;
}

/** A text as a comparison sees it that has had Claude Code's reminders cut. */
export function withoutReminders(text: string): string {
  return text.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "");
}

/** Where two texts part, to the character. */
export function firstDifference(wanted: string, found: string): string {
  let index = 0;
  while (index < wanted.length && wanted[index] === found[index]) index++;
  const from = Math.max(0, index - 20);
  return `differs at character ${index}: source ${quote(wanted.slice(from, index + 60))}, target ${quote(found.slice(from, index + 60))}`;
}
