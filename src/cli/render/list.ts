import type { ListReport, ListedSession } from "../../core/api.ts";
import type { Column } from "./table.ts";
import { renderTable } from "./table.ts";
import type { Page } from "./style.ts";
import { displayPath, relativeTime, sanitizeLine } from "./text.ts";

const SHORT_ID = 8;
/** UUIDs of version 7 start with the time: eight digits are the same for everything made within a minute. */
const SHORT_UUID_V7 = 13;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/i;

/** For each id its shortest start (at least 8 characters) that no other of the ids has. */
export function shortIds(ids: string[]): Map<string, string> {
  const sorted = [...new Set(ids)].sort();
  const common = (left: string, right: string | undefined): number => {
    if (right === undefined) return 0;
    let length = 0;
    while (length < left.length && left[length]!.toLowerCase() === right[length]?.toLowerCase()) length += 1;
    return length;
  };
  return new Map(
    sorted.map((id, index) => {
      const shared = Math.max(common(id, sorted[index - 1]), common(id, sorted[index + 1]));
      let length = Math.max(shared + 1, UUID_V7.test(id) ? SHORT_UUID_V7 : SHORT_ID);
      if (id[length - 1] === "-") length += 1;
      return [id, id.slice(0, length)];
    }),
  );
}

/** A converted session says so first, where a narrow terminal does not cut it off. */
function titleOf({ summary, problem }: ListedSession): string {
  if (problem !== undefined) return `unreadable: ${sanitizeLine(problem)}`;
  const { hidden, lineage } = summary;
  const title = sanitizeLine(summary.nativeName ?? summary.title ?? "") || "(no title)";
  const origin = lineage === undefined ? [] : [`[from ${sanitizeLine(lineage.sourceProvider)}]`];
  return [...origin, title, ...(hidden === undefined ? [] : [`[${sanitizeLine(hidden)}]`])].join(" ");
}

function lastActive({ summary }: ListedSession): number {
  return summary.lastActiveAt ?? summary.ref.modifiedAt;
}

/** The sessions as a table. `workspace`: the folder the list was narrowed to, which then needs no column of its own. */
export function renderList(report: ListReport, page: Page, workspace: string | undefined): string[] {
  const { sessions } = report;
  if (sessions.length === 0) return [];
  const isPlain = page.width === Infinity;
  const short = shortIds(sessions.map(({ summary }) => summary.ref.id));
  const isOneWorkspace =
    workspace !== undefined && sessions.every(({ summary }) => summary.workspace === workspace);
  const columns: Column<ListedSession>[] = [
    {
      header: "SESSION",
      cell: ({ summary }) =>
        sanitizeLine(isPlain ? summary.ref.id : (short.get(summary.ref.id) ?? summary.ref.id)),
      paint: (text, _row, style) => style.accent(text),
    },
    { header: "AGENT", cell: ({ provider }) => sanitizeLine(provider.name), rank: 3 },
    {
      header: "LAST ACTIVE",
      cell: (row) => relativeTime(lastActive(row), page.now),
      rank: 4,
      paint: (text, _row, style) => style.dim(text),
    },
    {
      header: "MSGS",
      cell: ({ stats }) => (stats === undefined ? "-" : stats.messages.toLocaleString("en-US")),
      align: "right",
      rank: 2,
    },
    {
      header: "WORKSPACE",
      cell: ({ summary }) =>
        summary.workspace === undefined ? "-" : displayPath(summary.workspace, page.home),
      min: 12,
      cut: "start",
      rank: 1,
      paint: (text, _row, style) => style.dim(text),
    },
    {
      header: "TITLE",
      cell: titleOf,
      min: 16,
      paint: (text, { problem }, style) => (problem === undefined ? text : style.warn(text)),
    },
  ];
  const shown = columns.filter((column) => column.header !== "WORKSPACE" || !isOneWorkspace);
  return renderTable(shown, sessions, page.width, page.style);
}
