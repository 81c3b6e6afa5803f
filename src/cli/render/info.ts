import type { InfoReport } from "../../core/api.ts";
import type { Lineage } from "../../session/types.ts";
import { roleLabel } from "../json/info.ts";
import { renderFields, type Field } from "./fields.ts";
import type { Page } from "./style.ts";
import {
  byteSize,
  displayPath,
  localTime,
  pad,
  plural,
  relativeTime,
  sanitizeLine,
  wrapLines,
} from "./text.ts";

function when(epochMs: number | undefined, page: Page): string | undefined {
  const local = epochMs === undefined ? "" : localTime(epochMs);
  return epochMs === undefined || local === "" ? undefined : `${local} (${relativeTime(epochMs, page.now)})`;
}

/** Where casr converted a session from, in one phrase. */
export function lineagePhrase(lineage: Lineage, page: Page): string {
  const from = sanitizeLine(`${lineage.sourceProvider}:${lineage.sourceId}`);
  return `${from}, ${relativeTime(lineage.convertedAt, page.now)}, by casr ${sanitizeLine(lineage.casrVersion)}`;
}

function gitPhrase(git: NonNullable<InfoReport["header"]["git"]>): string | undefined {
  const commit = git.commit?.slice(0, 12);
  const parts = [git.branch, commit, git.remote].filter((part) => part !== undefined && part !== "");
  return parts.length === 0 ? undefined : sanitizeLine(parts.join("  "));
}

function tailLines(report: InfoReport, page: Page): string[] {
  if (report.tail.length === 0) return [];
  const lines = ["", page.style.strong(`Last ${plural(report.tail.length, "message")}`)];
  const room = page.width - 13;
  for (const { index, role, snippet } of report.tail) {
    const label = pad(sanitizeLine(roleLabel(role)).slice(0, 9), 10);
    const [first = "", ...rest] = wrapLines(sanitizeLine(snippet), Math.max(20, room));
    lines.push(
      `${page.style.dim(pad(String(index), 3, "right"))} ${page.style.accent(label)}${first}`.trimEnd(),
    );
    lines.push(...rest.map((line) => " ".repeat(14) + line));
  }
  return lines;
}

/** Everything about one session, as aligned fields and, when asked for, the transcript's tail. */
export function renderInfo(report: InfoReport, page: Page, verbose: boolean): string[] {
  const { header, ref, stats, provider, records } = report;
  const text = (value: string | undefined): string | undefined => {
    const safe = value === undefined ? "" : sanitizeLine(value);
    return safe === "" ? undefined : safe;
  };
  const counts = [
    `${plural(stats.messages, "message")} (${stats.userMessages.toLocaleString("en-US")} of the user)`,
    plural(stats.toolUses, "tool call"),
  ];
  const version = text(header.agentVersion);
  const candidates: [string, string | undefined][] = [
    ["Session", page.style.accent(sanitizeLine(header.id))],
    ["Agent", sanitizeLine(provider.name) + (version === undefined ? "" : ` ${version}`)],
    ["Name", text(header.nativeName)],
    ["Title", text(header.title)],
    [
      "Workspace",
      header.workspace === undefined ? "(not recorded)" : displayPath(header.workspace, page.home),
    ],
    ["Git", header.git === undefined ? undefined : gitPhrase(header.git)],
    ["Model", text(header.model ?? stats.model)],
    ["Started", when(header.startedAt, page)],
    ["Last active", when(header.endedAt ?? ref.modifiedAt, page)],
    ["Holds", counts.join(", ")],
    ["File", `${displayPath(header.sourcePath, page.home)} (${byteSize(ref.sizeBytes)})`],
    [
      "Records",
      records.malformed === 0
        ? undefined
        : page.style.warn(`${records.malformed} of ${records.total} damaged`),
    ],
    ["Converted", header.lineage === undefined ? undefined : `from ${lineagePhrase(header.lineage, page)}`],
    [
      "Parent",
      header.parent === undefined
        ? undefined
        : sanitizeLine(`${header.parent.relation} of ${header.parent.provider}:${header.parent.id}`),
    ],
    ["Children", header.children?.length ? String(header.children.length) : undefined],
  ];
  if (verbose) {
    candidates.push(["Records", `${records.total} read, ${records.malformed} damaged`]);
    candidates.push([
      "Provider",
      `${sanitizeLine(provider.package.name)} ${provider.package.version} (${provider.package.origin})`,
    ]);
    for (const [key, value] of Object.entries(header.metadata))
      candidates.push([sanitizeLine(key), text(JSON.stringify(value))]);
  }
  const fields = candidates.filter((field): field is Field => field[1] !== undefined);
  return [...renderFields(fields, page), ...tailLines(report, page)];
}
