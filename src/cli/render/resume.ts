import type { LineageReport, ResumeReport } from "../../core/api.ts";
import { renderFields, type Field } from "./fields.ts";
import { lineagePhrase } from "./info.ts";
import { renderLosses } from "./losses.ts";
import { resumeCommand } from "./shell.ts";
import type { Page } from "./style.ts";
import { byteSize, displayPath, plural, relativeTime, sanitizeLine, truncate } from "./text.ts";

function foundLine(report: ResumeReport, page: Page): Field {
  const { provider, header, ref, stats } = report.source;
  const title = sanitizeLine(header.nativeName ?? header.title ?? "");
  const facts = [
    plural(stats.messages, "message"),
    plural(stats.toolUses, "tool call"),
    byteSize(ref.sizeBytes),
    relativeTime(header.endedAt ?? ref.modifiedAt, page.now),
  ];
  const name = `${page.style.strong(sanitizeLine(provider.name))} ${page.style.accent(sanitizeLine(header.id))}`;
  return ["Found", `${name}${title === "" ? "" : ` “${truncate(title, 60)}”`} (${facts.join(", ")})`];
}

/** Whether what was written is no session of the target's own store but a copy that it imports. */
export function isCopy(report: ResumeReport): boolean {
  return report.resume.some(({ imports }) => imports === true);
}

function writtenLine(report: ResumeReport, page: Page): Field[] {
  const { target, verification, writtenPaths, backups } = report;
  const fields: Field[] = [];
  const agent = page.style.strong(sanitizeLine(target.provider.name));
  const shownId = page.style.accent(sanitizeLine(target.sessionId));
  const name = isCopy(report)
    ? `a copy for ${agent} to import, no session of its own: ${shownId}`
    : `${agent} ${shownId}`;
  if (report.outcome === "direct")
    fields.push(["Same agent", `nothing to convert; --fork makes a verified copy`]);
  if (report.outcome === "existing") {
    const earlier = report.lineage?.earlier.find((one) => one.id === target.sessionId);
    const state =
      earlier?.goneOn === true
        ? "and gone on with since (--fork makes a fresh copy)"
        : "from this state of the source (--force writes it anew)";
    fields.push(["There already", `${name}; converted before ${state}`]);
  }
  if (report.outcome === "converted") {
    fields.push(["Wrote", name]);
    for (const path of writtenPaths) fields.push(["", displayPath(path, page.home)]);
  }
  for (const { backup } of backups)
    fields.push(["Kept", `${displayPath(backup, page.home)} (the file that was there)`]);
  if (verification !== undefined) {
    const { messages, toolCalls, toolResults, images } = verification;
    const counts = [
      plural(messages, "message"),
      plural(toolCalls, "tool call"),
      plural(toolResults, "tool result"),
    ];
    if (images > 0) counts.push(plural(images, "image"));
    fields.push(["Verified", page.style.good(`read back and equal: ${counts.join(", ")}`)]);
  }
  return fields;
}

function lineageLines(lineage: LineageReport | undefined, page: Page): Field[] {
  if (lineage === undefined) return [];
  const fields: Field[] = [];
  if (lineage.sourceCameFrom !== undefined) {
    fields.push(["Lineage", `the source was converted from ${lineagePhrase(lineage.sourceCameFrom, page)}`]);
  }
  if (lineage.returnsHome !== undefined) {
    const { provider, id, exists } = lineage.returnsHome;
    const state = exists ? "which is still there" : "which is gone";
    fields.push([
      "Lineage",
      `it returns to the agent it began in, as ${sanitizeLine(`${provider}:${id}`)}, ${state}`,
    ]);
  }
  for (const { id, convertedAt, sameSource, goneOn } of lineage.earlier) {
    const state = sameSource ? "from the same state" : "from an earlier state";
    const change = goneOn ? `${state}, gone on with since` : state;
    fields.push(["Earlier", `${sanitizeLine(id)}, ${relativeTime(convertedAt, page.now)}, ${change}`]);
  }
  return fields;
}

function planLines(report: ResumeReport, page: Page): Field[] {
  const fields = report.plan.map(({ kind, path, detail }, index): Field => {
    const label = index === 0 ? "Would write" : "";
    return [label, `${displayPath(path, page.home)} (${sanitizeLine(detail) || kind})`];
  });
  if (isCopy(report))
    fields.push([
      "",
      `a copy for ${sanitizeLine(report.target.provider.name)} to import, no session of its own`,
    ]);
  return fields;
}

/** What was found and what the target cannot hold: all that is known before anything is written. */
export function renderFound(report: ResumeReport, page: Page): string[] {
  const what = [foundLine(report, page)];
  const folder = displayPath(report.workspace, page.home);
  const place = report.workspaceIsHere
    ? folder
    : `${folder} ${page.style.warn("(not on this machine: make it, or add --workspace FOLDER)")}`;
  what.push(["Workspace", place], ...lineageLines(report.lineage, page));
  const lines = renderFields(what, page);
  const losses = renderLosses(report.losses, page);
  if (losses.length > 0) {
    const title = `What ${sanitizeLine(report.target.provider.name)} cannot hold as it was`;
    lines.push("", page.style.strong(title), ...losses);
  } else if (report.outcome !== "direct" && report.outcome !== "existing") {
    lines.push(...renderFields([["Losses", page.style.good("none")]], page));
  }
  return lines;
}

/**
 * What was done, for people. Its last line is the command that resumes the session; a dry run and an
 * agent without such a command have none.
 */
export function renderDone(report: ResumeReport, page: Page, platform: string, verbose: boolean): string[] {
  const isDryRun = report.outcome === "dry-run";
  const lines: string[] = [];
  const done = isDryRun ? planLines(report, page) : writtenLine(report, page);
  if (done.length > 0) lines.push("", ...renderFields(done, page));
  if (isDryRun)
    lines.push("", page.style.dim("Dry run: nothing was written. Run it again without --dry-run."));
  if (verbose && report.notes.length > 0) {
    lines.push("", ...report.notes.map((note) => page.style.dim(`note: ${sanitizeLine(note)}`)));
  }
  if (isDryRun) return lines;
  const notes = report.resume.flatMap(({ note }) => (note === undefined ? [] : [sanitizeLine(note)]));
  if (notes.length > 0) lines.push("", ...notes);
  const command = resumeCommand(report.resume, platform);
  if (command !== undefined) lines.push("", page.style.strong("Resume it:"), command);
  return lines;
}
