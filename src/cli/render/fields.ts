import type { Page } from "./style.ts";
import { pad, textWidth, wrapLines } from "./text.ts";

/** A name and what it is; several lines of text are laid out below each other. */
export type Field = [name: string, value: string];

/** Aligned `name  value` lines; long values continue below themselves. */
export function renderFields(fields: Field[], page: Page): string[] {
  const left = fields.reduce((most, [name]) => Math.max(most, textWidth(name)), 0) + 2;
  const room = Math.max(20, page.width - left);
  return fields.flatMap(([name, value]) =>
    wrapLines(value, room).map((line, index) => {
      const label = index === 0 ? page.style.dim(name) + " ".repeat(left - textWidth(name)) : pad("", left);
      return (label + line).trimEnd();
    }),
  );
}
