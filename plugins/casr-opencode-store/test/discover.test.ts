import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolders } from "../src/paths.ts";
import { emptyHome, SETTINGS, worldOn, writeFiles, writeLegacySession } from "./helpers.ts";

describe.each(SETTINGS)("$name", ({ fork, reader, place, storeIn, recorded }) => {
  async function idsOf(home: string, env: Record<string, string> = {}): Promise<string[]> {
    const refs = await Array.fromAsync(reader.discover(worldOn(home, env).world));
    return refs.map(({ id }) => id);
  }

  describe("finding sessions", () => {
    test("main sessions are listed, the one used last first, subagents are not", async () => {
      const home = emptyHome();
      storeIn(home)
        .session("ses_old", { time_updated: 1 })
        .session("ses_new", { time_updated: 9 })
        .session("ses_child", { parent_id: "ses_new", time_updated: 20 })
        .session("ses_kept", { time_archived: 5, time_updated: 5 });
      expect(await idsOf(home)).toEqual(["ses_new", "ses_kept", "ses_old"]);
      const { world } = worldOn(home);
      const found = await Array.fromAsync(reader.locate("SES_CHI", world));
      expect(found.map(({ id }) => id)).toEqual(["ses_child"]);
      expect((await reader.summarize(found[0]!, world)).hidden).toBe("subagent");
      const [kept] = await Array.fromAsync(reader.locate("ses_kept", world));
      expect((await reader.summarize(kept!, world)).hidden).toBe("archived");
    });

    test("wildcards in a word are letters", async () => {
      const home = emptyHome();
      storeIn(home).session("ses_a").session("sesXb");
      const { world } = worldOn(home);
      expect(await Array.fromAsync(reader.locate("%", world))).toEqual([]);
      expect((await Array.fromAsync(reader.locate("ses_", world))).map(({ id }) => id)).toEqual(["ses_a"]);
    });

    test("a path names one session of a database; a database alone the one used last", async () => {
      const home = emptyHome();
      const { path } = storeIn(home)
        .session("ses_a", { time_updated: 2 })
        .session("ses_b", { time_updated: 3 });
      const { world, warnings } = worldOn(home);
      expect((await reader.identify(`${path}/ses_a`, world))?.id).toBe("ses_a");
      expect(await reader.identify(`${path}/ses_none`, world)).toBeUndefined();
      expect(warnings).toEqual([]);
      expect(await reader.identify(path, world)).toMatchObject({
        id: "ses_b",
        path: `${path}/ses_b`,
        files: [path],
      });
      expect(warnings.map(({ code }) => code)).toEqual(["several-sessions"]);
    });

    test("databases of other release channels, and the one named by the environment", async () => {
      const home = emptyHome();
      storeIn(home).session("ses_main");
      storeIn(home, `${fork.folder}-dev.db`).session("ses_dev");
      storeIn(home, "mine.db").session("ses_mine");
      expect(await idsOf(home)).toEqual(["ses_main", "ses_dev"]);
      expect(await idsOf(home, { [fork.variables.database]: "mine.db" })).toEqual(["ses_mine"]);
      expect(
        await idsOf(home, { [fork.variables.database]: join(home, place, `${fork.folder}-dev.db`) }),
      ).toEqual(["ses_dev"]);
      expect(await idsOf(home, { [fork.variables.database]: ":memory:" })).toEqual(["ses_main", "ses_dev"]);
      expect(await idsOf(home, { [fork.variables.home]: join(home, "nowhere") })).toEqual([]);
      // The agent's own place first, then the usual one, which another of its runs may have used.
      expect(await idsOf(home, { XDG_DATA_HOME: join(home, "data") })).toEqual(["ses_main", "ses_dev"]);
    });

    test("the older JSON store, and a database beside it that wins", async () => {
      const home = emptyHome();
      writeLegacySession(home, place);
      const { world } = worldOn(home);
      const [ref] = await Array.fromAsync(reader.discover(world));
      expect(ref?.path).toMatch(/storage\/session\/global\/ses_old\.json$/);
      expect(await reader.summarize(ref!, world)).toMatchObject({ title: "Old", workspace: "/home/dev/app" });
      expect((await reader.identify(ref!.path, world))?.id).toBe("ses_old");
      const messages = await Array.fromAsync(
        (await reader.read(ref!, world)).messages({ history: "context" }),
      );
      expect(messages.map(({ content }) => content)).toEqual([[{ type: "text", text: "hello" }]]);
      storeIn(home).session("ses_old", { title: "Taken over" });
      const [taken, ...more] = await Array.fromAsync(reader.discover(world));
      expect(more).toEqual([]);
      expect((await reader.summarize(taken!, world)).title).toBe("Taken over");
    });

    test("the layout before it, one folder a project", async () => {
      const home = emptyHome();
      const root = `${place}/project/home-dev-app/storage/session`;
      writeFiles(home, {
        [`${root}/info/ses_one.json`]: {
          id: "ses_one",
          title: "Early",
          version: "0.5.0",
          time: { created: 5, updated: 6 },
        },
        [`${root}/message/ses_one/msg_1.json`]: { id: "msg_1", role: "user", time: { created: 7 } },
        [`${root}/message/ses_one/msg_2.json`]: {
          id: "msg_2",
          role: "assistant",
          time: { created: 8 },
          parts: [{ type: "text", text: "inline" }],
        },
        [`${root}/part/ses_one/msg_1/prt_1.json`]: { id: "prt_1", type: "text", text: "hello" },
      });
      const { world } = worldOn(home);
      const [ref] = await Array.fromAsync(reader.discover(world));
      const reading = await reader.read(ref!, world);
      const messages = await Array.fromAsync(reading.messages({ history: "full" }));
      expect(messages.map(({ content }) => content)).toEqual([
        [{ type: "text", text: "hello" }],
        [{ type: "text", text: "inline" }],
      ]);
    });

    test("a database of something else, a torn one and a folder in its place hide nothing", async () => {
      const home = emptyHome();
      storeIn(home).session("ses_main");
      writeFileSync(join(home, place, `${fork.folder}-torn.db`), "SQLite format 3\u0000 and then nothing");
      const other = storeIn(home, `${fork.folder}-other.db`);
      other.run((database) => database.exec("DROP TABLE part; DROP TABLE message"));
      writeFiles(home, { [`${place}/${fork.folder}-folder.db/x`]: "" });
      const { world, warnings } = worldOn(home);
      const refs = await Array.fromAsync(reader.discover(world));
      expect(refs.map(({ id }) => id)).toEqual(["ses_main"]);
      expect(warnings.map(({ code }) => code)).toEqual(["unreadable-database"]);
      expect((await reader.detect(world)).evidence.join("\n")).toContain(
        `${fork.mainDatabase} holds 1 session`,
      );
    });

    test("reading leaves nothing beside a database", async () => {
      const home = recorded("rich-git");
      const { world } = worldOn(home);
      const [ref] = await Array.fromAsync(reader.discover(world));
      const reading = await reader.read(ref!, world);
      await Array.fromAsync(reading.messages({ history: "context" }));
      expect(readdirSync(join(home, place)).filter((name) => name.includes(".db"))).toEqual([
        fork.mainDatabase,
      ]);
    });

    test("the usual folder on Windows has Windows separators", () => {
      const { world } = worldOn("C:\\Users\\dev", {}, "win32");
      expect(dataFolders(fork, world)).toEqual([`C:\\Users\\dev\\.local\\share\\${fork.folder}`]);
    });

    test.each(SETTINGS.filter((other) => other.fork !== fork).map((other) => other.fork))(
      "a database of its relative $name is not taken for one's own",
      async ({ folder, mainDatabase }) => {
        const home = emptyHome();
        const { path } = storeIn(home).session("ses_a");
        const theirs = path.replace(/[^/]+\/[^/]+$/, `${folder}/${mainDatabase}`);
        mkdirSync(dirname(theirs), { recursive: true });
        copyFileSync(path, theirs);
        const { world } = worldOn(home);
        expect(await reader.identify(`${theirs}/ses_a`, world)).toBeUndefined();
        expect(await reader.identify(theirs, world)).toBeUndefined();
      },
    );

    test("a database under its own name is its own wherever it lies", async () => {
      const home = emptyHome();
      const { path } = storeIn(home).session("ses_a");
      const copy = join(home, "backup", fork.mainDatabase);
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(path, copy);
      expect((await reader.identify(`${copy}/ses_a`, worldOn(home).world))?.provider).toBe(fork.slug);
    });

    test("nothing is there", async () => {
      const { world } = worldOn(emptyHome());
      expect(await reader.detect(world)).toMatchObject({ found: false, evidence: [] });
      expect(await Array.fromAsync(reader.discover(world))).toEqual([]);
      expect(await Array.fromAsync(reader.locate("ses_", world))).toEqual([]);
    });
  });
});
