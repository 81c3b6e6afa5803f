import type { IndexReport } from "../../core/session-index/report.ts";
import type { Standing } from "../../core/session-index/index.ts";
import { renderFields } from "./fields.ts";
import type { Page } from "./style.ts";
import { renderTable, type Column } from "./table.ts";
import { byteSize, displayPath, plural, relativeTime, sanitizeLine } from "./text.ts";

/** What the index holds, and how much of it need not be looked at again. */
export function renderIndex({ path, sizeBytes, stores }: IndexReport, page: Page): string[] {
  const sessions = stores.reduce((total, store) => total + store.sessions, 0);
  const size = sizeBytes === 0 ? "not there yet: the next casr list makes it" : byteSize(sizeBytes);
  const fields = renderFields(
    [
      ["Index", displayPath(path, page.home)],
      ["Size", sessions === 0 ? size : `${size}, ${plural(sessions, "session")}`],
    ],
    page,
  );
  const filled = stores.filter((store) => store.sessions > 0);
  if (filled.length === 0) return fields;
  const columns: Column<Standing>[] = [
    { header: "AGENT", cell: ({ provider }) => sanitizeLine(provider.name) },
    { header: "SESSIONS", cell: ({ sessions: count }) => String(count), align: "right" },
    { header: "VALID", cell: ({ summarized }) => String(summarized), align: "right" },
    { header: "COUNTED", cell: ({ counted }) => String(counted), align: "right" },
    { header: "STATE", cell: ({ current }) => (current ? "current" : "changed since") },
    { header: "STORED", cell: ({ changedAt }) => relativeTime(changedAt, page.now), rank: 1 },
  ];
  return [...fields, "", ...renderTable(columns, filled, page.width, page.style)];
}
