import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkFixtures } from "../fixtures/sanitise-check.ts";
import { editJson, type Json } from "../fixtures/sanitise-json.ts";
import { casesOf, fixtureHome, seedHome, temporaryFolder } from "./support/home.ts";
import { HOSTILE_CASES, hostileBytes } from "./support/hostile.ts";
import { AGENTS, LINE_AGENTS, OUTSIDE } from "./support/readers.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));

describe("recorded sessions", () => {
  it("hold no texts of vendors and no traces of persons or machines", () => {
    expect(checkFixtures(FIXTURES)).toEqual([]);
  });

  it("would not pass with such a text", async () => {
    const copy = temporaryFolder("leak");
    await cp(FIXTURES, copy, { recursive: true });
    const folder = join(copy, "codex/zstd/home/.codex/sessions/2026/11/21");
    const path = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(".jsonl"))!,
    );
    const text = `${"You are an agent. ".repeat(30)} Mail dev@somewhere.com`;
    writeFileSync(path, readFileSync(path, "utf8").replace("[system prompt of the agent left out]", text));
    expect(checkFixtures(copy).map((leak) => leak.split(":")[0])).toEqual(["long text", "e-mail address"]);
  });

  it("stand in the README, each by name", () => {
    const readme = readFileSync(join(FIXTURES, "README.md"), "utf8");
    for (const agent of [...AGENTS, ...OUTSIDE])
      for (const name of casesOf(agent)) expect(readme).toContain(`\`${agent}/${name}\``);
  });

  it("are copied together without loss where they share files", () => {
    const home = seedHome([
      "gemini/basic-tools",
      "gemini/same-name-workspaces",
      "codex/zstd",
      "codex/legacy-0.104",
    ]);
    const { projects } = JSON.parse(readFileSync(join(home, ".gemini/projects.json"), "utf8")) as {
      projects: object;
    };
    expect(Object.keys(projects)).toEqual([
      "/home/dev/projects/app",
      "/home/dev/projects/one/site",
      "/home/dev/projects/two/site",
    ]);
    expect(readdirSync(join(home, ".codex/sessions/2026/11/21"))).toHaveLength(3);
    expect(() => fixtureHome("codex/nothing")).toThrow("no fixture");
    expect(home.startsWith(tmpdir())).toBe(true);
  });
});

describe("damaged sessions", () => {
  it("are there for every agent that writes lines, and in the README", () => {
    const readme = readFileSync(join(FIXTURES, "hostile/README.md"), "utf8");
    for (const [name] of HOSTILE_CASES) {
      expect(readme).toContain(`\`${name}\``);
      for (const agent of LINE_AGENTS) expect(hostileBytes(agent, name)).toBeDefined();
    }
  });
});

describe("editJson", () => {
  const spaced = fc.tuple(fc.jsonValue(), fc.constantFrom("", " ", "\n\t"), fc.nat(3));

  it("keeps every byte when nothing is replaced", () => {
    fc.assert(
      fc.property(spaced, ([value, space, indent]) => {
        const text = `${space}${JSON.stringify(value, null, indent)}${space}`;
        expect(editJson(text, () => undefined)).toBe(text);
      }),
    );
  });

  it("replaces what it is told to, however deep, and nothing else", () => {
    const upper = (value: Json): Json => {
      if (typeof value === "string") return value.toUpperCase();
      if (Array.isArray(value)) return value.map(upper);
      if (value === null || typeof value !== "object") return value;
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, upper(member)]));
    };
    fc.assert(
      fc.property(spaced, ([value, , indent]) => {
        const text = JSON.stringify(value, null, indent);
        const edited = editJson(text, (_, member) =>
          typeof member === "string" ? member.toUpperCase() : undefined,
        );
        expect(edited).toBe(JSON.stringify(upper(JSON.parse(text) as Json), null, indent));
      }),
    );
  });

  it("tells the path of each value and keeps number forms, escapes and key order", () => {
    const paths: string[] = [];
    const text = '{"b": [1.0, {"a.c": "\\u0041"}], "2": 1e3, "1": null}';
    expect(editJson(text, (path) => void paths.push(path))).toBe(text);
    expect(paths).toEqual(["", "b", "b.0", "b.1", "b.1.a.c", "2", "1"]);
  });

  it("refuses what is no JSON", () => {
    for (const text of ["", "{", '{"a"}x', "[1,", "nope", '{"a":'])
      expect(() => editJson(text, () => undefined)).toThrow();
  });
});
