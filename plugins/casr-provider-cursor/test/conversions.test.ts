import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { sessionsOf } from "../../../test/support/sessions.ts";
import { inspectSession } from "../../../src/core/queries.ts";
import { resumeSession } from "../../../src/core/resume.ts";
import { GOLDEN_NAMES, goldenProvider, goldenRegistration } from "../../../src/testing/index.ts";
import { createRegistry } from "../../../src/core/registry.ts";
import { resumeOptions } from "../../../test/support/bundled.ts";
import { casesOf, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { editorDatabase, editorHome, hostOn, identifier } from "./helpers.ts";

const CASES = ["claude-code", "codex", "gemini"].flatMap((agent) =>
  casesOf(agent).map((name) => `${agent}/${name}`),
);
const signal = new AbortController().signal;

const OTHER = {
  id: "11111111-0000-4000-8000-000000000001",
  data: { name: "Another", workspaceIdentifier: identifier("/elsewhere") },
  bubbles: [{ bubbleId: "b1", type: 1, text: "hello" }],
};
const LISTS = {
  "composer.composerHeaders": {
    allComposers: [{ type: "head", composerId: OTHER.id, name: "Another" }],
    extra: 1,
  },
  "glass.localAgentProjects.v1": [{ id: "p1", name: "x", workspace: identifier("/elsewhere") }],
  "glass.localAgentProjectMembership.v1": { [OTHER.id]: "p1" },
};

/** Everything in a database as text, but the rows of one session. */
function rowsBut(path: string, id: string): string[] {
  const opened = new DatabaseSync(path, { readOnly: true });
  try {
    return ["ItemTable", "cursorDiskKV", "composerHeaders"].flatMap((table) =>
      opened
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => JSON.stringify(row))
        .filter((row) => table === "ItemTable" || !row.includes(id)),
    );
  } finally {
    opened.close();
  }
}

function item(path: string, key: string): unknown {
  const opened = new DatabaseSync(path, { readOnly: true });
  const row = opened.prepare("SELECT CAST(value AS TEXT) AS value FROM ItemTable WHERE key = ?").get(key);
  opened.close();
  return row === undefined ? undefined : JSON.parse(String(row["value"]));
}

describe.each(CASES)("%s", (name) => {
  it.each(["agent", "editor"])(
    "converts to Cursor's %s store and back, and touches nothing else",
    async (store) => {
      const home = seedHome([name]);
      const database = editorHome(home, [OTHER], LISTS);
      const host = await hostOn(home, { CASR_CURSOR_STORE: store });
      const world = host.world(() => {}, signal);
      const found = await sessionsOf(host, [name.split("/")[0]!], world);
      expect(found.length).toBeGreaterThan(0);
      for (const { ref } of found) {
        const before = rowsBut(database, OTHER.id);
        const report = await resumeSession(host, resumeOptions(ref.path, "cursor"));
        expect(report.outcome).toBe("converted");
        expect(report.verification!.blocks).toBeGreaterThan(0);
        const id = report.target.sessionId;
        const info = await inspectSession(host, { session: `cursor:${id}`, peek: 1, signal });
        expect(info.header.lineage).toMatchObject({ sourceProvider: ref.provider, sourceId: ref.id });
        expect(info.header.workspace).toBe(report.workspace);
        expect(info.header.title).toBeDefined();
        if (store === "agent") {
          expect(rowsBut(database, OTHER.id)).toEqual(before);
          expect(report.resume.at(-1)!.argv).toEqual(["cursor-agent", "--resume", id]);
        } else {
          const heads = item(database, "composer.composerHeaders") as {
            allComposers: { composerId: string }[];
          };
          expect(heads.allComposers.filter((head) => head.composerId === id)).toHaveLength(1);
          expect(heads).toMatchObject({ extra: 1 });
          const members = item(database, "glass.localAgentProjectMembership.v1") as Record<string, string>;
          expect(members[OTHER.id]).toBe("p1");
          const projects = item(database, "glass.localAgentProjects.v1") as { id: string }[];
          expect(projects.map((project) => project.id)).toContain(members[id]);
        }
        // A second time: it is there already.
        const again = await resumeSession(host, resumeOptions(ref.path, "cursor"));
        expect(again.outcome).toBe("existing");
        // Back, and within the same store.
        for (const target of ["claude-code", "codex", "cursor"]) {
          const back = await resumeSession(
            host,
            resumeOptions(`cursor:${id}`, target, { fork: target === "cursor" }),
          );
          expect(back.outcome).toBe("converted");
          expect(back.losses.filter((loss) => loss.severity === "lost")).toEqual([]);
        }
      }
    },
  );
});

describe.each(GOLDEN_NAMES)("the made session %s", (name) => {
  it.each(["agent", "editor"])("converts to Cursor's %s store", async (store) => {
    const home = temporaryFolder();
    editorHome(home, [OTHER], LISTS);
    const host = await hostOn(home, { CASR_CURSOR_STORE: store });
    const entries = host.registry.providers.map((provider) => ({
      registration: provider,
      package: provider.package,
    }));
    const golden = { registration: goldenRegistration(home), package: goldenProvider(home).package };
    const registry = createRegistry([...entries, golden]);
    for (const history of ["context", "full"] as const) {
      for (const reasoning of ["auto", "text"] as const) {
        const options = resumeOptions(`golden:golden-${name}`, "cursor", { history, reasoning });
        const report = await resumeSession({ ...host, registry }, options);
        expect(report.outcome).toBe("converted");
      }
    }
  });
});

describe("writing to the editor", () => {
  it("is refused while the editor runs, and changes nothing", async () => {
    const home = seedHome([CASES[0]!]);
    const database = editorHome(home, [OTHER], LISTS);
    writeFileSync(join(home, ".config/Cursor/code.lock"), String(process.pid));
    const host = await hostOn(home, { CASR_CURSOR_STORE: "editor" });
    const before = readFileSync(database);
    const [found] = await sessionsOf(
      host,
      ["claude-code"],
      host.world(() => {}, signal),
    );
    await expect(resumeSession(host, resumeOptions(found!.ref.path, "cursor"))).rejects.toThrow(
      /Cursor is running/,
    );
    expect(readFileSync(database).equals(before)).toBe(true);
    writeFileSync(join(home, ".config/Cursor/code.lock"), "999999999");
    const report = await resumeSession(host, resumeOptions(found!.ref.path, "cursor"));
    expect(report.outcome).toBe("converted");
  });

  it("leaves every row as it was when the written session does not read back", async () => {
    const home = seedHome([CASES[0]!]);
    const database = editorHome(home, [OTHER], LISTS);
    const host = await hostOn(home, { CASR_CURSOR_STORE: "editor" });
    const before = rowsBut(database, "nothing");
    const [found] = await sessionsOf(
      host,
      ["claude-code"],
      host.world(() => {}, signal),
    );
    const { registration } = await import("../src/hook.ts");
    const broken = {
      ...registration,
      reader: async () => {
        const reader = await registration.reader!();
        return { ...reader, identify: async () => undefined };
      },
    };
    const entries = host.registry.providers.map((provider) => ({
      registration: provider.slug === "cursor" ? broken : provider,
      package: provider.package,
    }));
    await expect(
      resumeSession(
        { ...host, registry: createRegistry(entries) },
        resumeOptions(`claude-code:${found!.ref.id}`, "cursor"),
      ),
    ).rejects.toMatchObject({ code: "verification-failed" });
    expect(rowsBut(database, "nothing")).toEqual(before);
  });

  it("enters a session where older versions look, and makes no table", async () => {
    const home = seedHome([CASES[0]!]);
    const { database, ITEMS, ROWS } = await import("./helpers.ts");
    database(editorDatabase(home), ITEMS + ROWS);
    const host = await hostOn(home);
    const [found] = await sessionsOf(
      host,
      ["claude-code"],
      host.world(() => {}, signal),
    );
    const report = await resumeSession(host, resumeOptions(found!.ref.path, "cursor"));
    expect(report.target.path).toBe(join(editorDatabase(home), report.target.sessionId));
    expect(item(editorDatabase(home), "composer.composerHeaders")).toMatchObject({
      allComposers: [{ composerId: report.target.sessionId }],
    });
    expect(item(editorDatabase(home), "glass.localAgentProjects.v1")).toBeUndefined();
  });

  it("takes the workspace's own id where the editor has opened it", async () => {
    const home = seedHome([CASES[0]!]);
    editorHome(home, [OTHER], LISTS);
    const host = await hostOn(home, { CASR_CURSOR_STORE: "editor" });
    const folder = join(home, ".config/Cursor/User/workspaceStorage/abc123");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "workspace.json"), JSON.stringify({ folder: "file:///work/my%20app" }));
    const [found] = await sessionsOf(
      host,
      ["claude-code"],
      host.world(() => {}, signal),
    );
    const report = await resumeSession(
      host,
      resumeOptions(found!.ref.path, "cursor", { workspace: "/work/my app" }),
    );
    const opened = new DatabaseSync(editorDatabase(home), { readOnly: true });
    const row = opened
      .prepare("SELECT workspaceId FROM composerHeaders WHERE composerId = ?")
      .get(report.target.sessionId);
    opened.close();
    expect(row).toEqual({ workspaceId: "abc123" });
  });
});
