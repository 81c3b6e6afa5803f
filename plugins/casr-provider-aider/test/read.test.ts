import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixtureHome, temporaryFolder } from "../../../test/support/home.ts";
import { reader } from "../src/read.ts";
import { resume } from "../src/resume.ts";
import { collect, outline, worldOn, write } from "./helpers.ts";

const HISTORY = ".aider.chat.history.md";

/** Aider 0.86, three starts: one with an edit, one without a prompt, one with thoughts. */
const THREE = `
# aider chat started at 2026-05-01 10:00:00

> Aider v0.86.2  
> Main model: sonnet with diff edit format, infinite output  
> Git repo: .git with 12 files  
> Added app.py to the chat.  

#### /add app.py  
> Added app.py to the chat.  

#### rename foo to bar  
#### and say so  

I will rename it.

# A heading

app.py
\`\`\`python
<<<<<<< SEARCH
def foo(): pass
=======
def bar(): pass
>>>>>>> REPLACE
\`\`\`


> Tokens: 2.1k sent, 90 received. Cost: $0.01 message, $0.01 session.  
> Applied edit to app.py  

# aider chat started at 2026-05-01 11:00:00

> Aider v0.86.2  

# aider chat started at 2026-05-02 09:00:00

> Aider v0.86.2  
> Model: gpt-5 with whole edit format  

#### explain  

--------------
► **THINKING**

Let me think.

------------
► **ANSWER**

It is so.
`;

async function all(home: string, cwd = home, env: Record<string, string> = {}) {
  const { world, warnings } = worldOn(home, env, cwd);
  const refs = await collect(reader.discover(world));
  const read = [];
  for (const ref of refs) {
    const reading = await reader.read(ref, world);
    const summary = await reader.summarize(ref, world);
    read.push({ ref, reading, summary, messages: await collect(reading.messages({ history: "context" })) });
  }
  return { world, warnings, read };
}

describe("a project's history", () => {
  it("is as many sessions as Aider was started and spoken to", async () => {
    const home = temporaryFolder();
    const history = write(join(home, "app", HISTORY), THREE);
    const { read, world } = await all(home, join(home, "app"));
    expect(read.map(({ messages }) => outline(messages))).toEqual([
      ["user: explain", "thought: Let me think.", "assistant: It is so."],
      [
        "command: /add app.py",
        "user: rename foo to bar\nand say so",
        expect.stringMatching(
          /^assistant: I will rename it\.\n\n# A heading\n\napp\.py\n```python\n<<<<<<< SEARCH\n[^]*>>>>>>> REPLACE\n```$/,
        ),
      ],
    ]);
    const [last, first] = read;
    expect(first!.summary).toMatchObject({
      title: "rename foo to bar",
      workspace: join(home, "app"),
      model: "sonnet",
      // Two hours ahead of UTC.
      startedAt: Date.UTC(2026, 4, 1, 8, 0, 0),
      lastActiveAt: Date.UTC(2026, 4, 1, 9, 0, 0),
    });
    expect(first!.reading.header.agentVersion).toBe("0.86.2");
    expect(last!.ref.id).toMatch(/^2026-05-02T09-00-00-[0-9a-f]{8}$/);
    expect(first!.ref.path).toBe(`${history}/${first!.ref.id}`);
    expect((await collect(reader.locate("2026-05-01t10", world))).map(({ id }) => id)).toEqual([
      first!.ref.id,
    ]);
    expect((await reader.identify(first!.ref.path, world))?.id).toBe(first!.ref.id);
    expect((await reader.identify(history, world))?.id).toBe(last!.ref.id);
    const [step] = await resume(
      { id: first!.ref.id, workspace: join(home, "app"), path: first!.ref.path },
      world,
    );
    expect(step).toMatchObject({
      argv: ["aider", "--restore-chat-history", "--max-chat-history-tokens", "10000000"],
      cwd: join(home, "app"),
    });
  });

  it("has the digest of each session to itself", async () => {
    const home = temporaryFolder();
    const path = write(join(home, HISTORY), THREE);
    const before = await all(home);
    const digests = await Promise.all(before.read.map(({ ref }) => reader.digest!(ref, before.world)));
    write(path, `${THREE}\n#### more  \n\nYes.\n`);
    const after = await all(home);
    const changed = await Promise.all(after.read.map(({ ref }) => reader.digest!(ref, after.world)));
    expect(changed[1]).toBe(digests[1]);
    expect(changed[0]).not.toBe(digests[0]);
  });

  it("is found above the current folder, where Aider is told, and below AIDER_HOME", async () => {
    const home = temporaryFolder();
    write(join(home, "a", HISTORY), THREE);
    write(join(home, "told.md"), THREE);
    write(join(home, "b/c/d", HISTORY), THREE);
    write(join(home, "b/node_modules/x", HISTORY), THREE);
    const count = async (cwd: string, env: Record<string, string>): Promise<number> =>
      (await all(home, cwd, env)).read.length;
    expect(await count(join(home, "a/deep/er"), {})).toBe(2);
    expect(await count(home, {})).toBe(0);
    expect(await count(home, { AIDER_CHAT_HISTORY_FILE: "told.md" })).toBe(2);
    expect(await count(home, { AIDER_HOME: "b" })).toBe(2);
  });

  it("are looked for where Aider's settings say, the nearest first", async () => {
    const home = temporaryFolder();
    write(join(home, "far.md"), THREE);
    const near = write(
      join(home, "p/history with space.md"),
      "# aider chat started at 2026-05-01 10:00:00\n\n#### hi  \n\nho\n",
    );
    write(join(home, ".aider.conf.yml"), "model: sonnet\nchat-history-file: ~/far.md # all in one\n");
    const histories = async (cwd: string, env = {}): Promise<string[]> =>
      (await all(home, join(home, cwd), env)).read.map(({ ref }) => ref.files![0]!);
    expect(new Set(await histories("q"))).toEqual(new Set([join(home, "far.md")]));
    write(
      join(home, "p/.aider.conf.yml"),
      "#chat-history-file: x\nchat-history-file: 'history with space.md'\n",
    );
    expect(await histories("p")).toEqual([near]);
    expect(new Set(await histories("p", { AIDER_CHAT_HISTORY_FILE: "../far.md" }))).toEqual(
      new Set([join(home, "far.md")]),
    );
  });

  it("with equal times keeps its sessions apart", async () => {
    const home = temporaryFolder();
    const run = (text: string): string =>
      `# aider chat started at 2026-05-01 10:00:00\n\n#### ${text}  \n\nyes\n\n`;
    write(join(home, HISTORY), run("one") + run("two"));
    const { read } = await all(home);
    expect(new Set(read.map(({ ref }) => ref.id)).size).toBe(2);
    expect(read.flatMap(({ messages }) => outline(messages))).toEqual(
      expect.arrayContaining(["user: one", "user: two"]),
    );
  });
});

describe("a history Aider 0.86.2 wrote", () => {
  it("is read as two sessions", async () => {
    const app = join(fixtureHome("aider/two-runs"), "projects/app");
    const { read, warnings } = await all(app, app);
    expect(warnings).toEqual([]);
    expect(read.map(({ messages }) => outline(messages))).toEqual([
      // Lines that begin like a quote are for people: Aider cannot tell them apart either.
      ["user: What is it called now?", "assistant: It is called `bar` now.", "assistant: Done."],
      [
        // Second line of the command line, which Aider wrote as it was; it restores this as an answer, too.
        "assistant: And say what changes.",
        "user: Rename foo to bar.\nAnd say what changes.",
        "assistant: I rename it.\n\n# What changes\n\n- the name\n\napp.py\n```\ndef bar(): pass\n```",
      ],
    ]);
    expect(read.map(({ summary }) => summary.title)).toEqual([
      "What is it called now?",
      "Rename foo to bar.",
    ]);
    expect(read[0]!.reading.header).toMatchObject({
      model: "openai/probe",
      agentVersion: "0.86.2",
      workspace: app,
    });
  });
});

describe("damaged histories", () => {
  it.each([
    [
      "with CRLF, a byte order mark and no last line ending",
      Buffer.from(`\uFEFF${THREE.trim()}`.replaceAll("\n", "\r\n")),
      2,
    ],
    ["with bad UTF-8", Buffer.concat([Buffer.from(THREE), Buffer.from([0xff, 0xfe])]), 2],
    ["that is empty", Buffer.alloc(0), 0],
    ["without a start", Buffer.from("#### hello  \n\nhi\n"), 0],
    ["torn in a prompt", Buffer.from(THREE.slice(0, THREE.indexOf("to bar"))), 1],
  ])("%s", async (_, content, count) => {
    const home = temporaryFolder();
    write(join(home, HISTORY), content);
    const { read } = await all(home);
    expect(read).toHaveLength(count);
    for (const { messages } of read) expect(messages.length).toBeGreaterThan(0);
  });

  it("never throw anything but a typed error", async () => {
    const line = fc.oneof(
      fc.constantFrom(
        "# aider chat started at 2026-05-01 10:00:00",
        "#### x",
        "#### ",
        "> casr: {",
        '> casr: {"id":"a"}',
      ),
      fc.constantFrom(
        '> casr: {"parts":[1,-1],"edges":3}',
        "> casr: []",
        "--------------",
        "► **THINKING**",
        "",
      ),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        const home = temporaryFolder();
        write(join(home, HISTORY), `# aider chat started at 2026-05-01 09:00:00\n${lines.join("\n")}`);
        try {
          await all(home);
        } catch (error) {
          expect((error as { code?: string }).code).toBe("source-unreadable");
        }
      }),
      { numRuns: 100 },
    );
  });

  it("of other Markdown files are none of Aider's", async () => {
    const home = temporaryFolder();
    const { world } = worldOn(home);
    expect(await reader.identify(write(join(home, "README.md"), "# Title\n"), world)).toBeUndefined();
    expect(await reader.identify(join(home, "gone.md"), world)).toBeUndefined();
    expect(await reader.identify(join(home, "gone.md/2026"), world)).toBeUndefined();
  });
});
