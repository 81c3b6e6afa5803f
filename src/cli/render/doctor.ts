import type { ProviderFault, Registry } from "../../core/api.ts";
import type { Checkup } from "../../core/checkup.ts";
import { KINDS, type Kind } from "../../probe/compare/kinds.ts";
import type { Proof } from "../../probe/proof.ts";
import { renderLosses } from "./losses.ts";
import type { Page, Style } from "./style.ts";
import { renderTable, type Column } from "./table.ts";
import { byteSize, displayPath, sanitizeLine } from "./text.ts";

function versionWord({ verdict }: Checkup): string {
  return verdict ?? "not installed";
}

function storeWord({ store, status }: Checkup): string {
  if (store === undefined) return "-";
  if (!status.detection.found && store.sessions === 0) return "none";
  return `${store.sessions} ${store.sessions === 1 ? "session" : "sessions"}, ${byteSize(store.bytes)}`;
}

function healthWord({ faults, store }: Checkup): string {
  if (faults.length > 0) return `plugin: ${faults.map(sanitizeLine).join("; ")}`;
  const unreadable = store?.unreadableCount ?? 0;
  const damaged = store?.damaged ?? 0;
  const parts = [
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
    ...(damaged > 0 ? [`${damaged} damaged records`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "ok";
}

function paintVersion(text: string, { verdict }: Checkup, style: Style): string {
  if (verdict === "ok") return style.good(text);
  return verdict === undefined ? style.dim(text) : style.warn(text);
}

/** The state of everything, as a table, and each thing that is not well in a line of its own. */
export function renderDoctor(
  checkups: readonly Checkup[],
  recovered: readonly string[],
  faults: readonly ProviderFault[],
  page: Page,
  verbose: boolean,
): string[] {
  const columns: Column<Checkup>[] = [
    {
      header: "AGENT",
      cell: ({ status }) => sanitizeLine(status.provider.name),
      paint: (text, _row, style) => style.strong(text),
    },
    { header: "VERSION", cell: ({ status }) => sanitizeLine(status.binary?.version ?? "-"), rank: 3 },
    { header: "VERIFIED", cell: versionWord, paint: paintVersion },
    { header: "STORE", cell: storeWord, rank: 2 },
    {
      header: "HEALTH",
      cell: healthWord,
      min: 12,
      paint: (text, row, style) => {
        if (text === "ok") return style.good(text);
        return row.faults.length > 0 ? style.bad(text) : style.warn(text);
      },
    },
  ];
  const lines = renderTable(columns, [...checkups], page.width, page.style);
  for (const { status, store } of checkups) {
    if (store === undefined || store.unreadableCount === 0) continue;
    lines.push("", `Sessions of ${sanitizeLine(status.provider.name)} that cannot be read:`);
    const shown = verbose ? store.unreadable : store.unreadable.slice(0, 3);
    for (const { path, problem } of shown)
      lines.push(
        `  ${displayPath(path, page.home)}: ${sanitizeLine(problem.replaceAll(`${page.home}/`, "~/"))}`,
      );
    const more = store.unreadableCount - shown.length;
    if (more > 0) lines.push(`  and ${more} more${verbose ? "" : " (--verbose names more)"}`);
  }
  if (verbose) lines.push(...verifiedLines(checkups));
  lines.push("");
  for (const { package: name, version, message } of faults)
    lines.push(
      page.style.bad(`plugin ${sanitizeLine(name)} ${sanitizeLine(version)}: ${sanitizeLine(message)}`),
    );
  lines.push(...(recovered.length > 0 ? recovered.map(sanitizeLine) : ["No unfinished writes."]));
  return lines;
}

function verifiedLines(checkups: readonly Checkup[]): string[] {
  return checkups.flatMap(({ status: { provider } }) => [
    "",
    `${sanitizeLine(provider.name)}: plugin ${sanitizeLine(provider.package.name)} ${sanitizeLine(provider.package.version)}`,
    ...provider.verified.map(
      ({ version, date, result }) => `  verified with ${sanitizeLine(version)} on ${date}: ${result}`,
    ),
  ]);
}

function score(proof: Proof, kind: Kind): string {
  const counted = proof.recall?.scores[kind];
  if (counted === undefined || counted.wanted === 0) return "-";
  return `${counted.found}/${counted.wanted}`;
}

/** What each agent's model was told, kind by kind, with the first difference. */
export function renderProofs(
  proofs: readonly Proof[],
  registry: Pick<Registry, "find">,
  page: Page,
  verbose: boolean,
): string[] {
  const nameOf = (proof: Proof): string =>
    sanitizeLine(registry.find(proof.provider)?.name ?? proof.provider);
  const kinds = KINDS.filter((kind) => proofs.some(({ recall }) => (recall?.scores[kind].wanted ?? 0) > 0));
  const columns: Column<Proof>[] = [
    { header: "AGENT", cell: nameOf, paint: (text, _row, style) => style.strong(text) },
    {
      header: "PROOF",
      cell: ({ status }) => status,
      paint: (text, { status }, style) =>
        status === "passed" ? style.good(text) : status === "failed" ? style.bad(text) : style.warn(text),
    },
    ...kinds.map((kind): Column<Proof> => ({
      header: kind.toUpperCase(),
      cell: (proof) => score(proof, kind),
      rank: 2,
    })),
    {
      header: "LISTED",
      cell: ({ listed }) => (listed === undefined ? "-" : listed ? "yes" : "no"),
      rank: 1,
    },
    {
      header: "TIME",
      cell: ({ durationMs }) => `${(durationMs / 1000).toFixed(1)} s`,
      align: "right",
      rank: 3,
    },
  ];
  const lines = renderTable(columns, [...proofs], page.width, page.style);
  for (const proof of proofs) {
    const details = detailsOf(proof, page, verbose);
    if (details.length > 0) lines.push("", `${nameOf(proof)}:`, ...details.map((line) => `  ${line}`));
  }
  return lines;
}

function detailsOf(proof: Proof, page: Page, verbose: boolean): string[] {
  const lines: string[] = [];
  if (proof.status !== "passed" && proof.reason !== undefined)
    lines.push(sanitizeLine(`${proof.status}: ${proof.reason}`));
  for (const kind of KINDS) {
    const difference = proof.recall?.differences[kind];
    if (difference !== undefined && difference !== proof.reason)
      lines.push(sanitizeLine(`${kind}: ${difference}`));
  }
  for (const text of proof.recall?.unexplained ?? [])
    lines.push(sanitizeLine(`the agent added: ${text.slice(0, 160)}`));
  for (const note of proof.recall?.notes ?? []) lines.push(sanitizeLine(note));
  if (proof.suggestion !== undefined) lines.push(sanitizeLine(proof.suggestion));
  if (!verbose) return lines;
  if (proof.program !== undefined)
    lines.push(
      `${displayPath(proof.program, page.home)} ${sanitizeLine(proof.version ?? "")}, kept offline by ${proof.isolation ?? "nothing"}`,
    );
  if (proof.losses.length > 0) lines.push(...renderLosses(proof.losses, page));
  return lines;
}
