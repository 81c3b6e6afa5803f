import type { ProviderStatus } from "../../core/api.ts";
import type { MissingAgent } from "../missing-agents.ts";
import type { Page } from "./style.ts";
import { renderTable, type Column } from "./table.ts";
import { displayPath, sanitizeLine, wrapLines } from "./text.ts";

function foundWord({ detection, binary, problem }: ProviderStatus): string {
  if (problem !== undefined) return "error";
  if (detection.found) return binary === undefined ? "data" : "yes";
  return binary === undefined ? "no" : "program";
}

/** A sentence of a plugin, with the home folder as `~`. */
function sentence(text: string, home: string): string {
  return sanitizeLine(text.replaceAll(`${home}/`, "~/"));
}

function evidenceText(status: ProviderStatus, home: string): string {
  if (status.problem !== undefined) return sentence(status.problem, home);
  return status.detection.evidence.map((line) => sentence(line, home)).join("; ") || "-";
}

const yesNo = (value: unknown): string => (value === undefined ? "-" : "yes");

/** Agents whose plugin is not installed: those with data here one by one, the others in a line. */
export function renderMissing(missing: MissingAgent[], page: Page): string[] {
  const found = missing.filter(({ evidence }) => evidence.length > 0);
  const others = missing.filter(({ evidence }) => evidence.length === 0);
  const lines: string[] = [];
  if (found.length > 0) lines.push("", page.style.strong("Found here, but not installed"));
  for (const { agent, evidence: facts } of found) {
    lines.push(`  ${agent.name}: ${facts.map((fact) => sentence(fact, page.home)).join("; ")}`);
    lines.push(`    ${page.style.accent(`casr plugins install ${agent.package}`)}`);
  }
  if (others.length === 0) return lines;
  const names = others.map(({ agent }) => agent.slug).join(", ");
  const text = `${found.length > 0 ? "Also available" : "More agents, not installed"}: ${names}. Add one: casr plugins install <name>`;
  return [...lines, "", ...wrapLines(text, page.width).map((line) => page.style.dim(line))];
}

/** The agents casr knows, as a table; with `verbose` followed by the facts about each. */
export function renderProviders(statuses: ProviderStatus[], page: Page, verbose: boolean): string[] {
  const columns: Column<ProviderStatus>[] = [
    {
      header: "AGENT",
      cell: ({ provider }) => sanitizeLine(provider.name),
      paint: (text, _row, style) => style.strong(text),
    },
    {
      header: "ALIAS",
      cell: ({ provider }) => provider.aliases[0] ?? provider.slug,
      paint: (text, _row, style) => style.accent(text),
    },
    {
      header: "FOUND",
      cell: foundWord,
      paint: (text, { problem, detection }, style) =>
        problem !== undefined ? style.bad(text) : detection.found ? style.good(text) : style.dim(text),
    },
    { header: "VERSION", cell: ({ binary }) => sanitizeLine(binary?.version ?? "-"), rank: 3 },
    { header: "READ", cell: ({ provider }) => yesNo(provider.reader), rank: 2 },
    { header: "WRITE", cell: ({ provider }) => yesNo(provider.writer), rank: 2 },
    { header: "RESUME", cell: ({ provider }) => yesNo(provider.writer), rank: 2 },
    {
      header: "EVIDENCE",
      cell: (status) => evidenceText(status, page.home),
      min: 16,
      rank: 1,
      paint: (text, _row, style) => style.dim(text),
    },
  ];
  const lines = renderTable(columns, statuses, page.width, page.style);
  if (!verbose) return lines;
  for (const status of statuses) {
    const { provider, detection, binary } = status;
    const { name, origin } = provider.package;
    lines.push("", page.style.strong(sanitizeLine(provider.name)));
    lines.push(`  names      ${[provider.slug, ...provider.aliases].join(", ")}`);
    lines.push(`  plugin     ${sanitizeLine(name)} ${sanitizeLine(provider.package.version)} (${origin})`);
    if (binary !== undefined) lines.push(`  program    ${displayPath(binary.path, page.home)}`);
    for (const root of detection.roots) lines.push(`  data       ${displayPath(root, page.home)}`);
    for (const line of detection.evidence) lines.push(`  evidence   ${sentence(line, page.home)}`);
    if (provider.homeVariables.length > 0) lines.push(`  moved by   ${provider.homeVariables.join(", ")}`);
    for (const tested of provider.verified)
      lines.push(`  verified   ${sanitizeLine(tested.version)} on ${tested.date}: ${tested.result}`);
  }
  return lines;
}
