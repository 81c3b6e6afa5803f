import { describe, expect, test } from "vitest";
import type { ListedSession, ListReport } from "../../src/core/api.ts";
import { renderList, shortIds } from "../../src/cli/render/list.ts";
import { createStyle, pageWidth, wantsColor, type Page } from "../../src/cli/render/style.ts";
import { renderTable } from "../../src/cli/render/table.ts";
import { textWidth } from "../../src/cli/render/text.ts";

const plain = createStyle(false);
const page = (width: number): Page => ({ width, style: plain, now: 1_763_700_600_000, home: "/home/a" });

function listed(id: string, title: string, workspace?: string): ListedSession {
  const provider = { slug: "toy", name: "Toy Agent" } as ListedSession["provider"];
  const ref = { provider: "toy", id, path: `/x/${id}`, sizeBytes: 10, modifiedAt: 1_763_700_000_000 };
  const stats = {
    messages: 12,
    userMessages: 3,
    uniqueUserMessages: 3,
    averageAgentResponseChars: 10,
    toolUses: 4,
  };
  return { provider, summary: { ref, title, ...(workspace === undefined ? {} : { workspace }) }, stats };
}

const report: ListReport = {
  sessions: [
    listed(
      "3f2a9c10-1111-4a2b-8c3d-000000000001",
      "修复测试 \u001B[31mred\u001B[0m 👩‍👩‍👧 and much more text than fits on a line",
      "/home/a/project",
    ),
    listed(
      "3f2a9c10-2222-4a2b-8c3d-000000000002",
      "Short",
      "/home/a/some/very/deep/folder/structure/in/here",
    ),
    listed("019aa1f7-0c3d-7abc-8def-000000000003", "No place"),
  ],
  matched: 3,
  elsewhere: 0,
  warnings: [],
};

describe("tables", () => {
  test.each([44, 60, 80, 100, 200])("the list fits %i columns", (width) => {
    const lines = renderList(report, page(width), undefined);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^SESSION .*TITLE$/);
  });

  test("columns leave in order of worth", () => {
    const heads = [200, 80, 60, 44].map((width) =>
      renderList(report, page(width), undefined)[0]!.split(/ {2,}/),
    );
    expect(heads[0]).toEqual(["SESSION", "AGENT", "LAST ACTIVE", "MSGS", "WORKSPACE", "TITLE"]);
    expect(heads[1]).toEqual(["SESSION", "AGENT", "LAST ACTIVE", "MSGS", "WORKSPACE", "TITLE"]);
    expect(heads[2]).toEqual(["SESSION", "AGENT", "LAST ACTIVE", "TITLE"]);
    expect(heads[3]).toEqual(["SESSION", "TITLE"]);
  });

  test("in a pipe nothing is cut", () => {
    const text = renderList(report, page(Infinity), undefined).join("\n");
    expect(text).toContain("3f2a9c10-1111-4a2b-8c3d-000000000001");
    expect(text).toContain("and much more text than fits on a line");
    expect(text).not.toContain("…");
    expect(text).not.toContain("\u001B");
  });

  test("the workspace needs no column when it is the one asked for", () => {
    const one = { ...report, sessions: [report.sessions[0]!] };
    expect(renderList(one, page(120), "/home/a/project")[0]).not.toContain("WORKSPACE");
  });

  test("numbers stand at the right, colour does not change the layout", () => {
    const columns = [
      { header: "N", cell: (row: number) => String(row), align: "right" as const },
      { header: "WORD", cell: () => "x", paint: (text: string) => createStyle(true).bad(text) },
    ];
    expect(renderTable(columns, [1, 100], 80, plain)).toEqual([
      "  N  WORD",
      "  1  \u001B[31mx\u001B[39m",
      "100  \u001B[31mx\u001B[39m",
    ]);
  });

  test("short ids are starts no other session shares", () => {
    const ids = report.sessions.map(({ summary }) => summary.ref.id);
    const short = [...shortIds(ids).values()];
    expect(short).toHaveLength(3);
    for (const start of short) expect(ids.filter((id) => id.startsWith(start))).toHaveLength(1);
    expect(short).toContain("019aa1f7-0c3d");
    expect(shortIds(["latest"]).get("latest")).toBe("latest");
  });
});

describe("colour and width", () => {
  test("NO_COLOR beats FORCE_COLOR beats the terminal", () => {
    expect(wantsColor(true, {})).toBe(true);
    expect(wantsColor(false, {})).toBe(false);
    expect(wantsColor(true, { TERM: "dumb" })).toBe(false);
    expect(wantsColor(false, { FORCE_COLOR: "1" })).toBe(true);
    expect(wantsColor(true, { FORCE_COLOR: "0" })).toBe(false);
    expect(wantsColor(true, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
    expect(wantsColor(true, { NO_COLOR: "" })).toBe(true);
  });

  test("a page is as wide as the terminal, COLUMNS, or not limited", () => {
    expect(pageWidth({ isTTY: true, columns: 90 }, { COLUMNS: "50" })).toBe(90);
    expect(pageWidth({}, { COLUMNS: "50" })).toBe(50);
    expect(pageWidth({}, {})).toBe(Infinity);
    expect(pageWidth({ isTTY: true, columns: 0 }, {})).toBe(80);
  });
});
