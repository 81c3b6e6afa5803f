import fc from "fast-check";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Reader, ReadingMark, SessionReading, World } from "../../../src/provider/index.ts";
import type { Message } from "../../../src/session/types.ts";
import { gatherFacts } from "../../../src/core/facts.ts";
import { Counts } from "../../../src/core/session-index/counts.ts";
import { temporaryFolder } from "../../support/home.ts";
import { tinyRegistration, tinySession } from "../../support/tiny.ts";
import { listAll, sceneOf, tick, type Scene } from "./scene.ts";

/** The tiny agent's reader, which can also read on: its mark is where the last prompt begins. */
function markingScene(home: string): { scene: Scene; readOns: () => number } {
  let count = 0;
  const tiny = tinyRegistration("tiny") as { reader: () => Promise<Reader> };
  const from = async (
    path: string,
    world: World,
    start: number,
  ): Promise<{ message: Message; offset: number }[]> => {
    const found: { message: Message; offset: number }[] = [];
    for await (const line of world.files.lines(path, { start })) {
      const message = start === 0 && line.number === 1 ? undefined : world.toolkit.parseJsonLine(line, path);
      if (message !== undefined) found.push({ message: message as unknown as Message, offset: line.offset });
    }
    return found;
  };
  const marked = (
    reading: SessionReading,
    all: { message: Message; offset: number }[],
    before: number,
  ): SessionReading => {
    const last = all.findLastIndex(({ message }) => message.role === "user");
    if (last === -1) return reading;
    const mark: ReadingMark = { messages: before + last, offset: all[last]!.offset, state: {} };
    return { ...reading, mark };
  };
  const registration = {
    ...tiny,
    async reader(): Promise<Reader> {
      const reader = await tiny.reader();
      return {
        ...reader,
        async read(ref, world) {
          return marked(await reader.read(ref, world), await from(ref.path, world, 0), 0);
        },
        async readOn(ref, mark, world) {
          count += 1;
          const all = await from(ref.path, world, mark.offset);
          const header = { id: ref.id, provider: "tiny", metadata: {}, sourcePath: ref.path };
          async function* messages(): AsyncIterable<Message> {
            for (const [index, { message }] of all.entries())
              yield { ...message, index: mark.messages + index, inContext: true };
          }
          return marked(
            { header, messages, records: { total: all.length, malformed: 0 } },
            all,
            mark.messages,
          );
        },
      };
    },
  };
  return { scene: sceneOf(home, [registration]), readOns: () => count };
}

const text = fc.constantFrom("Do it", "Again", "And now?", "");
const message = fc.oneof(
  fc.record({ role: fc.constant("user"), content: text.map((said) => [{ type: "text", text: said }]) }),
  fc.record({
    role: fc.constant("assistant"),
    model: fc.constantFrom("small", "large"),
    content: fc
      .tuple(text, fc.boolean())
      .map(([said, calls]) => [
        { type: "text", text: said },
        ...(calls ? [{ type: "tool_call", id: "c", name: "run", input: {} }] : []),
      ]),
  }),
);

const lines = (messages: object[]): string => messages.map((one) => `${JSON.stringify(one)}\n`).join("");

test("a session that has grown is counted as if it were read whole", { timeout: 60_000 }, async () => {
  let readOn = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(message, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }),
      fc.nat(40),
      async (pieces, other) => {
        const home = temporaryFolder();
        const { scene, readOns } = markingScene(home);
        const path = await tinySession(home, "one");
        const counts = async (options: Scene): Promise<unknown> =>
          (await listAll(options.host)).sessions[0]!.stats;
        await counts(scene);
        for (const piece of pieces) {
          appendFileSync(path, lines(piece));
          await tick(home);
          const whole = await counts(
            sceneOf(home, [tinyRegistration("tiny")], { env: { CASR_NO_INDEX: "1" } }),
          );
          expect(await counts(scene)).toEqual(whole);
          expect(await counts(scene)).toEqual(whole);
        }
        expect(readOns()).toBe(pieces.length);
        readOn += readOns();
        // What stands before the mark is not what it was any more: nothing is built on it.
        const bytes = readFileSync(path, "utf8").split("\n");
        const changed = bytes.map((line, index) => (index === 1 ? line.replace("List", "Kill") : line));
        if (other % 2 === 0) changed.splice(1, 1);
        writeFileSync(
          path,
          changed.join("\n") + lines([{ role: "user", content: [{ type: "text", text: "Kill the files" }] }]),
        );
        await tick(home);
        const whole = await counts(
          sceneOf(home, [tinyRegistration("tiny")], { env: { CASR_NO_INDEX: "1" } }),
        );
        expect(await counts(scene)).toEqual(whole);
        expect(readOns()).toBe(pieces.length);
      },
    ),
    { numRuns: 12 },
  );
  expect(readOn).toBeGreaterThan(11);
});

test("counts are those of the facts a conversion gathers, however they are made up", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 20 }), fc.nat(20), async (messages, cut) => {
      const all = messages.map((one, index) => ({ ...one, index, inContext: true }) as unknown as Message);
      async function* stream(): AsyncIterable<Message> {
        yield* all;
      }
      const first = new Counts();
      for (const one of all.slice(0, cut)) first.add(one);
      const second = new Counts(JSON.parse(JSON.stringify(first.state())));
      for (const one of all.slice(cut)) second.add(one);
      expect(second.stats()).toEqual((await gatherFacts(stream())).stats);
    }),
  );
});
