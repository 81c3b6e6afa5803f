import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sandbox, toyPlugin, type Outcome, type Sandbox } from "./harness.ts";

const NAME = "casr-provider-stranger";

/**
 * Links a plugin of a made-up agent `odd` (alias `od`) that misbehaves: `top` is code of its hook module, `change`
 * rewrites the module, `reader` and `writer` are JavaScript object members that replace the sound ones.
 */
async function stranger(
  box: Sandbox,
  how: { top?: string; change?: (hook: string) => string; reader?: string; writer?: string },
): Promise<void> {
  const folder = join(box.home, "plugins", NAME);
  await cp(toyPlugin, folder, { recursive: true });
  const manifest = await readFile(join(folder, "package.json"), "utf8");
  await writeFile(join(folder, "package.json"), manifest.replace("casr-provider-toy", NAME));
  const sound = await readFile(join(folder, "hook.js"), "utf8");
  const odd = sound
    .replace(/return \[agent\(.*?\];/s, 'return [agent("odd", "Odd Agent", "od", true)];')
    .replace(/createStore\(slug\)\.reader/, `$& .with`)
    .replace(/createStore\(slug\)\.writer/, `$& .with`)
    .replace(
      /\(await (import\("\.\/store\.js"\))\)\.createStore\(slug\)\.(reader|writer) \.with/g,
      (_all, load, kind) => {
        const members = (kind === "reader" ? how.reader : how.writer) ?? "";
        return `(async () => { const sound = (await ${load}).createStore(slug).${kind}; return { ...sound, ${members} }; })()`;
      },
    );
  await writeFile(join(folder, "hook.js"), `${how.top ?? ""}\n${(how.change ?? String)(odd)}`);
  await box.link(NAME, folder);
}

const fast = { CASR_PROVIDER_TIMEOUT: "0.5" };

/** The lines on stderr, each of which must be one warning about the stranger. */
function complaints({ stderr }: Outcome): string[] {
  const lines = stderr.split("\n").filter((line) => line !== "");
  for (const line of lines) expect(line).toMatch(/^warning: /);
  return lines;
}

/** What must hold whatever a plugin does while it is loaded: the others are listed and read, the JSON is JSON. */
async function othersWork(box: Sandbox, reason: RegExp): Promise<void> {
  const env = reason.source.includes("did not come back") ? { CASR_PROVIDER_TIMEOUT: "0.7" } : {};
  await box.session("abc-1");
  for (const args of [
    ["list", "--json"],
    ["providers", "--json"],
    ["info", "abc-1", "--json"],
  ]) {
    const outcome = await box.casr(args, { env });
    expect(outcome.status).toBe(0);
    expect(() => JSON.parse(outcome.stdout) as unknown).not.toThrow();
    expect(complaints(outcome)).toEqual([expect.stringContaining(`${NAME} 1.2.3`)]);
    expect(outcome.stderr).toMatch(reason);
  }
  const converted = await box.casr(["pl", "resume", "toy:abc-1", "--json"], { env });
  expect([converted.status, JSON.parse(converted.stdout)]).toMatchObject([0, { ok: true }]);
  expect(complaints(converted)).toHaveLength(1);
}

describe("a plugin that misbehaves when it is loaded", () => {
  test.each([
    ["throws", { top: "throw new Error('not today');" }, /not today/],
    ["never comes back", { top: "await new Promise(() => {});" }, /did not come back within/],
    ["loops for ever", { top: "for (;;);" }, /did not come back within/],
    [
      "loops for ever in its hook",
      { change: (hook: string) => hook.replace("return [agent", "for (;;); return [agent") },
      /did not come back within/,
    ],
    [
      "never settles its hook",
      {
        change: (hook: string) =>
          hook.replace("return [agent", "return new Promise(() => {}); return [agent"),
      },
      /did not come back within/,
    ],
    [
      "returns nonsense",
      { change: (hook: string) => hook.replace("return [agent", "return 42; return [agent") },
      /no list/,
    ],
    [
      "registers nonsense",
      { change: (hook: string) => hook.replace("return [agent", "return [null]; return [agent") },
      /not an object/,
    ],
    [
      "registers traps",
      {
        change: (hook: string) =>
          hook.replace(
            "return [agent",
            "return [{ get slug() { throw new Error('trap'); } }]; return [agent",
          ),
      },
      /trap/,
    ],
    [
      "comes from the future",
      { change: (hook: string) => hook.replace("api: 1", "api: 2") },
      /api 2.*update casr/,
    ],
    ["claims another's slug", { change: (hook: string) => hook.replace('"odd"', '"toy"') }, /claims "toy"/],
    ["exits", { top: "process.exit(0);" }, /called process\.exit/],
    [
      "exits in its hook",
      { change: (hook: string) => hook.replace("return [agent", "process.exit(7); return [agent") },
      /called process\.exit/,
    ],
    ["prints to stdout", { top: "console.log('hello', 42);" }, /printed to stdout.*hello 42/],
    ["writes to stdout", { top: "process.stdout.write('{\"ok\":true}');" }, /printed to stdout/],
    [
      "leaves timers",
      { top: "setInterval(() => {}, 1000); setTimeout(() => process.exit(3), 1);" },
      /process\.exit/,
    ],
    ["fails later", { top: "setTimeout(() => { throw new Error('later'); }, 1);" }, /background: later/],
    ["forgets a promise", { top: "Promise.reject(new Error('forgotten'));" }, /background: forgotten/],
    [
      "changes Object",
      { top: "Object.prototype.toJSON = () => 'spoiled';" },
      /changed Object\.prototype\.toJSON/,
    ],
    ["changes Array", { top: "Array.prototype.map = () => [];" }, /changed Array\.prototype\.map/],
    [
      "changes JSON",
      { top: "JSON.stringify = () => 'spoiled'; globalThis.JSON = {};" },
      /changed JSON\.stringify, globalThis\.JSON/,
    ],
    [
      "changes console",
      { top: "console.log = console.error = () => { throw new Error('x'); };" },
      /changed console\.log/,
    ],
    [
      "changes Promise",
      { top: "Promise.prototype.then = function () { return this; };" },
      /Promise\.prototype\.then/,
    ],
  ])("%s: one line, and the others work", async (_what, how, reason) => {
    const box = await sandbox();
    await stranger(box, how);
    await othersWork(box, reason);
  });

  test("needs no patience of those who want to get rid of it", async () => {
    const box = await sandbox();
    await stranger(box, { top: "for (;;);" });
    const outcome = await box.casr(["plugins", "uninstall", "stranger"]);
    expect([outcome.status, outcome.stderr]).toEqual([0, expect.stringContaining(`${NAME} is removed`)]);
    expect((await box.casr(["list"])).stderr).not.toContain(NAME);
  });

  test("is explained when it is asked for", async () => {
    const box = await sandbox();
    await stranger(box, { top: "throw new Error('not today');" });
    const outcome = await box.casr(["stranger", "resume", "x", "--json"]);
    expect(outcome.status).toBe(5);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/casr-provider-stranger 1\.2\.3 is installed but unusable.*not today/),
      suggestions: expect.arrayContaining([expect.stringContaining("casr providers check")]),
    });
  });
});

describe("a reader that misbehaves", () => {
  const refs = (members: string): string =>
    `async *discover(world) { for await (const ref of sound.discover(world)) yield { ...ref, ${members} }; },
     async *locate(word, world) { for await (const ref of sound.locate(word, world)) yield { ...ref, ${members} }; },`;

  test.each([
    ["cannot be loaded", "get detect() { throw new Error('no code'); },", /no code/],
    ["has no methods", "discover: undefined,", /no method discover/],
    [
      "yields nonsense",
      "async *discover() { yield 42; yield null; yield { id: 7 }; },",
      /no object|usable id/,
    ],
    ["gives ids that climb", refs("id: '../../../etc/passwd'"), /the id "\.\.\/\.\.\/\.\.\/etc\/passwd"/],
    ["gives ids with control codes", refs("id: '\\u001b[2Jx'"), /usable id|the id/],
    ["gives relative paths", refs("path: 'x'"), /path that is not absolute/],
    ["gives another's sessions", refs("provider: 'toy'"), /a session of "toy"/],
    ["returns no iterable", "discover() { return 5; },", /stranger 1\.2\.3 failed/],
    ["never yields", "async *discover() { await new Promise(() => {}); },", /discover did not answer/],
    ["throws a string", "discover() { throw 'tantrum'; },", /tantrum/],
    ["prints", "async *discover() { console.log('look at me'); },", /printed to stdout.*look at me/],
    ["exits", "async *discover() { process.exit(0); },", /called process\.exit/],
  ])("%s: one line in the list, and the others' sessions", async (_what, reader, reason) => {
    const box = await sandbox();
    await stranger(box, { reader });
    await box.session("abc-1");
    const folder = join(box.home, ".odd", "sessions");
    await cp(join(box.home, ".toy", "sessions"), folder, { recursive: true });
    const outcome = await box.casr(["list", "--json"], { env: fast });
    expect(outcome.status).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ items: [{ provider: "toy", session_id: "abc-1" }] });
    const { warnings } = JSON.parse(outcome.stdout) as { warnings: string[] };
    const said = [...complaints(outcome), ...warnings];
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThanOrEqual(3);
    for (const line of said) expect(line).toContain(`${NAME} 1.2.3`);
    expect(said.join("\n")).toMatch(reason);
  });

  test.each([
    ["never answers", "detect: () => new Promise(() => {}),", /detect did not answer/],
    ["answers nonsense", "detect: async () => 42,", /no detection/],
    ["answers half", "detect: async () => ({ found: true, evidence: 'yes' }),", /no detection/],
    ["throws", "detect: async () => { throw new Error('no'); },", /failed: no/],
  ])("that is asked whether the agent is here %s: a word in its row", async (_what, reader, reason) => {
    const box = await sandbox();
    await stranger(box, { reader });
    const outcome = await box.casr(["providers", "--json"], { env: fast });
    expect(outcome.status).toBe(0);
    const rows = JSON.parse(outcome.stdout) as { slug: string; problem?: string }[];
    expect(rows.find(({ slug }) => slug === "odd")?.problem).toMatch(reason);
    expect(rows.find(({ slug }) => slug === "toy")).not.toHaveProperty("problem");
  });

  test.each([
    ["reads nonsense", "read: async () => ({ header: 5 }),"],
    ["reads nothing", "read: async () => undefined,"],
    ["never opens", "read: () => new Promise(() => {}),"],
    [
      "never goes on",
      "read: async (ref, world) => ({ ...(await sound.read(ref, world)), async *messages() { await new Promise(() => {}); } }),",
    ],
    [
      "yields what are no messages",
      "read: async (ref, world) => ({ ...(await sound.read(ref, world)), async *messages() { yield 42; yield { role: 'wizard', content: {} }; } }),",
    ],
  ])("%s: status 11 (or unusable) and its name when asked for its session", async (_what, reader) => {
    const box = await sandbox();
    await stranger(box, { reader });
    await box.session("abc-1");
    await cp(join(box.home, ".toy"), join(box.home, ".odd"), { recursive: true });
    const outcome = await box.casr(["pl", "resume", "odd:abc-1", "--json"], { env: fast });
    expect([7, 11]).toContain(outcome.status);
    const error = JSON.parse(outcome.stdout) as { ok: boolean; message: string };
    expect(error.ok).toBe(false);
    expect(error.message).toContain(outcome.status === 11 ? `${NAME} 1.2.3` : "");
    expect(existsSync(join(box.home, ".plain"))).toBe(false);
  });
});

describe("a writer that misbehaves", () => {
  const plan = (members: string): string =>
    `async plan(session, options, world) { const plan = await sound.plan(session, options, world); const [step] = plan.steps; const { home } = world; return { ...plan, ${members} }; },`;

  test.each([
    [
      "plans outside its roots",
      plan("steps: [step, { ...step, path: `${home}/.bashrc` }]"),
      /outside its roots/,
    ],
    ["plans to climb", plan("steps: [{ ...step, path: `${plan.roots[0]}/../.bashrc` }]"), /\.\./],
    ["takes the whole disk for its root", plan("roots: ['/']"), /whole disk/],
    ["plans nonsense", "plan: async () => 42,", /plan is no object/],
    ["plans no steps", plan("steps: 5"), /steps/],
    ["never plans", "plan: () => new Promise(() => {}),", /plan did not answer/],
    ["has resume steps that are none", plan("resume: [{ argv: 'rm -rf /' }]"), /resume steps/],
    ["throws", "plan: async () => { throw new Error('no plan'); },", /no plan/],
    [
      "never takes the messages",
      plan("steps: [{ ...step, content: async function* () { yield 'x'; } }]"),
      /./,
    ],
    [
      "fails while it writes",
      plan("steps: [{ ...step, content: async function* () { yield 'x'; throw new Error('ink'); } }]"),
      /ink/,
    ],
    [
      "exits while it writes",
      plan("steps: [{ ...step, content: async function* () { yield 'x'; process.exit(0); } }]"),
      /process\.exit/,
    ],
    [
      "changes what it writes",
      plan(
        "steps: [{ ...step, content: async function* () { for await (const chunk of step.content()) yield chunk.replace('Please', 'Never'); } }]",
      ),
      /./,
    ],
  ])("%s: an error that says so, and everything as it was", async (_what, writer, reason) => {
    const box = await sandbox();
    await stranger(box, { writer });
    await box.session("abc-1");
    const rc = join(box.home, ".bashrc");
    await writeFile(rc, "mine");
    const outcome = await box.casr(["od", "resume", "toy:abc-1", "--json"], { env: fast });
    expect([9, 10, 11]).toContain(outcome.status);
    const error = JSON.parse(outcome.stdout) as { ok: boolean; message: string };
    expect(error.ok).toBe(false);
    expect(error.message).toMatch(reason);
    if (outcome.status === 11) expect(error.message).toContain(`${NAME} 1.2.3`);
    expect(await readFile(rc, "utf8")).toBe("mine");
    expect(existsSync(join(box.home, ".odd"))).toBe(false);
    const listed = await box.casr(["list", "--json"]);
    expect([listed.status, listed.stderr]).toEqual([0, ""]);
  });
});
