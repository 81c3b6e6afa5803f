import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/home.ts";
import { reader } from "../src/read.ts";
import { collect, outline, worldOn } from "./helpers.ts";

const ID = "5667590a-e4c7-4f28-9d99-027f84c10837";
const FOLDER = ".cursor/projects/w-demo/agent-transcripts";

const TEXT = `user:
<user_query>
How many lines has a.txt?
assistant:
is only a word here.
</user_query>

assistant:
[Thinking] Use wc,
it counts.

I will look.
[Tool call] Shell
  command: wc -l a.txt
  timeout: 5

[Tool call] Read
  path: a.txt
[Tool result] Shell
12 a.txt

[Tool result] Read

assistant:
[Tool call] Write
{"path":"b.txt","contents":"x: y"}
Twelve.

user:
thanks
`;

function put(home: string, name: string, text: string): string {
  const path = join(home, FOLDER, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

it("reads transcripts of 2025: plain text with prompts, thoughts, calls and the answers it names", async () => {
  const home = temporaryFolder("cursor");
  const path = put(home, `${ID}.txt`, TEXT);
  const { world, warnings } = worldOn(home);
  const [ref, ...more] = await collect(reader.discover(world));
  expect(more).toEqual([]);
  expect(ref).toMatchObject({ id: ID, path });
  expect(await reader.summarize(ref!, world)).toMatchObject({ title: "How many lines has a.txt?" });
  const reading = await reader.read(ref!, world);
  expect(outline(await collect(reading.messages({ history: "context" })))).toEqual([
    "user: How many lines has a.txt?\nassistant:\nis only a word here.",
    "thought: Use wc,\nit counts.",
    "assistant: I will look.",
    'call call_1 Shell {"command":"wc -l a.txt","timeout":5} (shell)',
    'call call_2 Read {"path":"a.txt"} (read)',
    "result call_1: 12 a.txt",
    'call call_3 Write {"path":"b.txt","contents":"x: y"} (write)',
    "assistant: Twelve.",
    "user: thanks",
  ]);
  expect(reading.records).toEqual({ total: 5, malformed: 0 });
  expect(warnings.map(({ code }) => code)).toEqual(["incomplete-session"]);
  expect(await reader.identify(path, world)).toEqual(ref);
});

it("takes the later form of a transcript where both are there, and no other text for one", async () => {
  const home = temporaryFolder("cursor");
  put(home, `${ID}.txt`, TEXT);
  const later = put(
    home,
    `${ID}.jsonl`,
    '{"role":"user","message":{"content":[{"type":"text","text":"hi"}]}}\n',
  );
  const { world } = worldOn(home);
  expect((await collect(reader.discover(world))).map(({ path }) => path)).toEqual([later]);
  const notes = put(home, "notes.txt", "Just some notes.\n");
  expect(await reader.identify(notes, world)).toBeUndefined();
  expect(await reader.identify(put(home, "../../elsewhere.txt", TEXT), world)).toBeUndefined();
});
