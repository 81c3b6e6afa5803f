import type { ConformanceResult } from "../../testing/conformance/index.ts";
import type { PluginPackage } from "../plugin-package.ts";
import type { Page } from "./style.ts";
import { displayPath, plural, sanitizeLine, sanitizeText, wrapLines } from "./text.ts";

/** The head of the report. */
export function renderCheckHead(plugin: PluginPackage, { style, home }: Page): string[] {
  const { name, version, root } = plugin;
  return [
    `${style.strong(sanitizeLine(name))} ${sanitizeLine(version)}  ${style.dim(displayPath(root, home))}`,
  ];
}

/** One check: a line, and below it why it failed. */
export function renderCheckResult({ name, status, message = "" }: ConformanceResult, page: Page): string[] {
  const { style, home, width } = page;
  const shown = sanitizeLine(name);
  if (status === "passed") return [`  ${style.good("ok")}    ${shown}`];
  if (status === "skipped") return [style.dim(`  skip  ${shown}: ${sanitizeLine(message)}`)];
  const why = sanitizeText(message.replaceAll(`${home}/`, "~/"));
  return [`  ${style.bad("FAIL")}  ${shown}`, ...wrapLines(why, width - 8).map((line) => `        ${line}`)];
}

/** The last line: how many of each. */
export function renderCheckCounts(results: ConformanceResult[], { style }: Page): string[] {
  const count = (status: ConformanceResult["status"]): number =>
    results.filter((result) => result.status === status).length;
  const failed = count("failed");
  const parts = [style.good(`${count("passed")} passed`)];
  if (failed > 0) parts.push(style.bad(`${failed} failed`));
  if (count("skipped") > 0) parts.push(style.dim(`${count("skipped")} skipped`));
  return ["", `${plural(results.length, "check")}: ${parts.join(", ")}`];
}
