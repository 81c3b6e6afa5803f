import type { Loss } from "../../core/api.ts";
import type { Page, Style } from "./style.ts";
import { pad, sanitizeLine, wrapLines } from "./text.ts";

function paintSeverity(text: string, severity: Loss["severity"], style: Style): string {
  if (severity === "lost") return style.bad(text);
  return severity === "changed" ? style.warn(text) : style.dim(text);
}

/** What the target cannot hold or will not send, one a line: how many, how grave, what. Never cut short. */
export function renderLosses(losses: Loss[], page: Page): string[] {
  const counts = losses.map(({ count }) => count.toLocaleString("en-US"));
  const countWidth = counts.reduce((most, count) => Math.max(most, count.length), 3);
  const severityWidth = losses.reduce((most, { severity }) => Math.max(most, severity.length), 0);
  const indent = countWidth + severityWidth + 6;
  return losses.flatMap(({ severity, message }, index) => {
    const [first = "", ...rest] = wrapLines(sanitizeLine(message), Math.max(20, page.width - indent));
    const label = paintSeverity(severity, severity, page.style) + pad("", severityWidth - severity.length);
    const head = `  ${pad(counts[index]!, countWidth, "right")}  ${label}  ${first}`;
    return [head, ...rest.map((line) => " ".repeat(indent) + line)];
  });
}
