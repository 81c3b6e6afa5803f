import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { generateProvider } from "../../src/generator/index.ts";
import { conformanceChecks, runConformance } from "../../src/testing/index.ts";
import { temporaryFolder } from "../support/home.ts";
import { build, install } from "./generated.ts";

const parent = temporaryFolder("kit");
const sound = join(parent, "sound");

beforeAll(async () => {
  const answers = { slug: "kit-agent", name: "Kit Agent", alias: "kit", store: ".kit/sessions" };
  await generateProvider(answers, sound, "0.1.0");
  await install(sound);
  await build(sound);
});

/** A provider that is wrong in one place: `from` in a built file replaced by `to`. */
async function spoiled(name: string, file: string, from: string, to: string): Promise<string> {
  const folder = join(parent, name.replaceAll(/\W+/g, "-"));
  await cp(sound, folder, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
  await symlink(join(sound, "node_modules"), join(folder, "node_modules"), "dir");
  const path = join(folder, file);
  const text = await readFile(path, "utf8");
  expect(text).toContain(from);
  await writeFile(
    path,
    text.replaceAll(from, () => to),
  );
  return folder;
}

type Case = [what: string, file: string, from: string, to: string, check: RegExp, reason: RegExp];

const EXPORT = "/** The `casr:providers` hook. */";
const PARSE = "world.toolkit.parseJsonLine(line, ref.path)";

const CASES: Case[] = [
  [
    "brings casr along",
    "package.json",
    '"devDependencies"',
    '"dependencies": { "casr-cli": "1" }, "devDependencies"',
    /made as a plugin/,
    /optional peer/,
  ],
  ["names no hook", "package.json", '"casr:providers"', '"casr:other"', /hook can be loaded/, /oclif\.hooks/],
  ["is not built", "package.json", "./dist/hook", "./lib/hook", /hook can be loaded/, /build the package/],
  [
    "throws in its hook",
    "dist/hook.js",
    EXPORT,
    "throw new Error('no luck');",
    /hook can be loaded/,
    /no luck/,
  ],
  [
    "ends the process in its hook",
    "dist/hook.js",
    EXPORT,
    "process.exit(0);",
    /hook can be loaded/,
    /ended the process/,
  ],
  [
    "loads code with its metadata",
    "dist/hook.js",
    EXPORT,
    'import "./read.js";',
    /imports nothing/,
    /read\.js/,
  ],
  [
    "reads files by itself",
    "dist/read.js",
    "const ORIGINS",
    'import "node:fs"; const ORIGINS',
    /only through the world/,
    /node:fs/,
  ],
  [
    "prints",
    "dist/hook.js",
    EXPORT,
    'console.log("hello");',
    /prints nothing and leaves nothing running/,
    /hello/,
  ],
  [
    "leaves a timer",
    "dist/read.js",
    "const ORIGINS",
    "setInterval(() => {}, 1000).unref === 1; const ORIGINS",
    /leaves nothing running/,
    /keeps the process from ending/,
  ],
  ["is made for another api", "dist/hook.js", "api: 1", "api: 2", /sound registrations/, /api 2/],
  [
    "lacks a method",
    "dist/read.js",
    "identify, summarize,",
    "identify,",
    /have their methods/,
    /no summarize/,
  ],
  [
    "claims a tool it does not write",
    "dist/hook.js",
    '"shell", "read"',
    '"shell", "read", "grep"',
    /tool table/,
    /claim grep/,
  ],
  [
    "writes a tool it does not claim",
    "dist/hook.js",
    '"shell", "read"',
    '"shell"',
    /tool table/,
    /nativeCall takes read/,
  ],
  [
    "finds itself everywhere",
    "dist/discover.js",
    "found: false",
    "found: true",
    /empty home/,
    /detect says found/,
  ],
  [
    "takes every file",
    "dist/discover.js",
    "(await readHead(path, world)) === undefined",
    "false",
    /other people/,
    /notes\.jsonl/,
  ],
  [
    "locates by exact case",
    "dist/discover.js",
    "word.toLowerCase()",
    "word",
    /finds every session of first/,
    /locate does not find/,
  ],
  [
    "reads something else than it did",
    "dist/read.js",
    'type: "reasoning"',
    'type: "text"',
    /reads first as its golden/,
    /reasoning "I have to look\."/,
  ],
  [
    "gives random ids",
    "dist/read.js",
    "inContext: true,",
    "inContext: true, id: String(Math.random()),",
    /same twice: the recorded/,
    /differ when asked for again/,
  ],
  [
    "ends as if all were well after an abort",
    "dist/read.js",
    "async function read(ref, world) {",
    "async function read(ref, world) { if (world.signal.aborted) return { header: {}, messages: async function* () {}, records: {} };",
    /stops when asked/,
    /reads on/,
  ],
  [
    "is silent about damage",
    "dist/read.js",
    PARSE,
    "(() => { try { return JSON.parse(line.text()); } catch { return undefined; } })()",
    /torn last line: the recorded/,
    /in silence/,
  ],
  [
    "fails at a broken line",
    "dist/read.js",
    PARSE,
    "JSON.parse(line.text())",
    /a broken line: the recorded/,
    /JSON/,
  ],
  [
    "throws any error",
    "dist/read.js",
    "throw world.toolkit.unreadable(",
    "throw new TypeError(",
    /says what it cannot read: the recorded/,
    /only casr errors/,
  ],
  [
    "believes what a file says",
    "dist/native.js",
    'return typeof text === "string" ? { type, text } : undefined;',
    "return { type, text };",
    /trusts no value in a record: the recorded/,
    /not a string/,
  ],
  [
    "plans outside the home folder",
    "dist/paths.js",
    "`${world.home}/.kit/sessions`",
    '"/var/lib/kit"',
    /plans “texts”/,
    /outside the home folder/,
  ],
  [
    "plans outside its roots",
    "dist/write.js",
    "roots: [store]",
    "roots: [`${store}/other`]",
    /plans “texts”/,
    /outside its roots/,
  ],
  [
    "writes at random",
    "dist/write.js",
    'type: "message",',
    'type: "message", note: Math.random(),',
    /plans “texts”/,
    /gives other bytes/,
  ],
  [
    "asks the machine's clock",
    "dist/write.js",
    "created: new Date(startedAt)",
    "clock: performance.now(), created: new Date(startedAt)",
    /plans “texts”/,
    /other bytes/,
  ],
  [
    "loses the exit code",
    "dist/write.js",
    "{ exit: block.exitCode }",
    "{}",
    /writes “conversation”/,
    /result of call-shell-bad/,
  ],
  [
    "loses pictures",
    "dist/write.js",
    "for (const block of message.content)",
    'for (const block of message.content.filter(({ type }) => type !== "image"))',
    /writes “conversation”/,
    /image/,
  ],
  [
    "forgets the workspace",
    "dist/write.js",
    "        workspace,\n        created",
    "        created",
    /writes “texts”/,
    /workspace/,
  ],
  [
    "reads its own tools back differently",
    "dist/tools.js",
    "{ startLine: line }",
    "{ startLine: line + 1 }",
    /writes “conversation”/,
    /nativeCall makes/,
  ],
  [
    "resumes by a shell",
    "dist/resume.js",
    '["kit-agent", "--resume", id]',
    '["sh", "-c", `kit-agent --resume ${id}`]',
    /writes “texts”/,
    /shell script/,
  ],
];

describe("a provider that", () => {
  test.each(CASES)("%s is told so", async (what, file, from, to, check, reason) => {
    const folder = await spoiled(what, file, from, to);
    const checks = await conformanceChecks({ package: folder });
    const concerned = checks.filter(({ name }) => check.test(name));
    expect(concerned).not.toEqual([]);
    const results = await runConformance(concerned);
    const failed = results.filter(({ status }) => status === "failed");
    expect(failed.map(({ message }) => message).join("\n")).toMatch(reason);
  });

  test("only reads is checked without its writer, and must bring recorded homes", async () => {
    const writer = 'writer: async () => (await import("./write.js")).writer,';
    const folder = await spoiled("only reads", "dist/hook.js", writer, "");
    const checks = await conformanceChecks({ package: folder });
    const skipped = checks.filter(({ skip }) => skip !== undefined);
    expect(skipped.some(({ skip }) => skip === "it has no writer")).toBe(true);
    expect(skipped.every(({ name }) => /plans|writes|copies|tool table|probe/.test(name))).toBe(true);
    const results = await runConformance(checks);
    expect(results.filter(({ status }) => status === "failed")).toEqual([]);

    const bare = { package: folder, fixtures: join(folder, "none") };
    const recorded = /there are recorded sessions/;
    const needed = (await conformanceChecks(bare)).find(({ name }) => recorded.test(name));
    expect(needed?.skip).toBeUndefined();
    await expect(needed!.run()).rejects.toThrow("no recorded homes");
    const installed = await conformanceChecks({ ...bare, withoutFixtures: true });
    expect(installed.find(({ name }) => recorded.test(name))?.skip).toContain("without recorded homes");
  });
});
