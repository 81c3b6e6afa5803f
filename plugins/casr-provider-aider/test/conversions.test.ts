import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, ProjectedSession } from "casr-cli/provider";
import { sessionsOf } from "../../../test/support/sessions.ts";
import { inspectSession } from "../../../src/core/queries.ts";
import { resumeSession } from "../../../src/core/resume.ts";
import { GOLDEN_NAMES } from "../../../src/testing/index.ts";
import { resumeOptions } from "../../../test/support/bundled.ts";
import { casesOf, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";
import { collect, hostOn, worldOn, write } from "./helpers.ts";

const CASES = ["claude-code", "codex", "gemini"].flatMap((agent) =>
  casesOf(agent).map((name) => `${agent}/${name}`),
);
const signal = new AbortController().signal;

describe.each(CASES)("%s", (name) => {
  it("converts to Aider, reads back equal, and on to others", async () => {
    const home = seedHome([name]);
    const host = await hostOn(home);
    const found = await sessionsOf(
      host,
      [name.split("/")[0]!],
      host.world(() => {}, signal),
    );
    expect(found.length).toBeGreaterThan(0);
    for (const { ref } of found) {
      const report = await resumeSession(host, resumeOptions(ref.path, "aider"));
      expect(report.outcome).toBe("converted");
      expect(report.verification!.blocks).toBeGreaterThan(0);
      const id = report.target.sessionId;
      expect(report.resume.at(-1)!.argv).toEqual([
        "aider",
        "--chat-history-file",
        report.target.path,
        "--restore-chat-history",
        "--max-chat-history-tokens",
        "10000000",
      ]);
      const info = await inspectSession(host, { session: `aider:${id}`, peek: 1, signal });
      expect(info.header.lineage).toMatchObject({ sourceProvider: ref.provider, sourceId: ref.id });
      expect(info.header.workspace).toBe(report.workspace);
      expect(info.header.title).toBeDefined();
      expect((await resumeSession(host, resumeOptions(ref.path, "aider"))).outcome).toBe("existing");
      for (const target of ["claude-code", "codex", "aider"]) {
        const options = resumeOptions(`aider:${id}`, target, { fork: target === "aider" });
        expect((await resumeSession(host, options)).outcome).toBe("converted");
      }
    }
  });
});

describe.each(GOLDEN_NAMES)("the made session %s", (name) => {
  it.each(["context", "full"] as const)("converts with its %s", async (history) => {
    const host = await hostOn(temporaryFolder());
    for (const reasoning of ["auto", "text"] as const) {
      const options = resumeOptions(`golden:golden-${name}`, "aider", { history, reasoning });
      expect((await resumeSession(host, options)).outcome).toBe("converted");
    }
  });
});

/** Texts with everything Aider reads as something else. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("# ", "> ", "#### ", " # x", "  > y", "# aider chat started at 2026-05-01 10:00:00"),
      fc.constantFrom(
        "\n",
        "\r\n",
        "\r",
        "\u2028",
        "\u0085",
        "\f",
        "\u001c",
        "  \n",
        " ",
        "> casr: {}",
        "/add x",
      ),
      fc.constantFrom(
        "--------------\n► **THINKING**",
        "------------\n► **ANSWER**",
        "\ud800",
        "\ufeff",
        "a",
        "ü😀",
      ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""))
  .filter((value) => value.trim() !== "");

const message = fc.oneof(
  fc.record({
    role: fc.constant("assistant" as const),
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    role: fc.constant("user" as const),
    origin: fc.constantFrom("person", "command", "injected", "compaction"),
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
);

describe("a history casr makes", () => {
  it("gives every text back to the letter, with who said it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 6 }), async (drawn) => {
        const messages = drawn.map(({ texts, ...about }, index): Message => {
          const summary = "origin" in about && about.origin === "compaction";
          const content = texts.map((value) =>
            summary
              ? { type: "compaction" as const, summary: value }
              : { type: "text" as const, text: value },
          );
          return { index, inContext: true, content, ...about } as Message;
        });
        const session: ProjectedSession = {
          header: { id: "x", provider: "golden", metadata: {}, sourcePath: "/x" },
          counts: { messages: messages.length, toolCalls: 0, images: 0 },
          async *messages() {
            yield* structuredClone(messages);
          },
        };
        const { world } = worldOn(temporaryFolder());
        const lineage = {
          sourceProvider: "golden",
          sourceId: "x",
          digest: "d",
          casrVersion: "0",
          convertedAt: 1_700_000_000_000,
        };
        const options = { sessionId: "aaaaaaaa-0000-4000-8000-000000000001", workspace: "/w", lineage };
        const plan = await writer.plan(session, options, world);
        const [step] = plan.steps;
        if (step?.kind !== "create-file") throw new Error("no file");
        write(step.path, Buffer.concat((await collect(step.content())).map((chunk) => Buffer.from(chunk))));
        const ref = await reader.identify(plan.path, world);
        const reading = await reader.read(ref!, world);
        const back = await collect(reading.messages({ history: "context" }));
        const flat = (all: Message[]): unknown[] =>
          all.flatMap(({ role, origin, content }) => content.map((block) => ({ role, origin, ...block })));
        expect(flat(back)).toEqual(flat(messages));
      }),
      { numRuns: 150 },
    );
  });

  it("keeps Aider from taking lines of an answer for its own", async () => {
    const home = temporaryFolder();
    const host = await hostOn(home);
    const report = await resumeSession(host, resumeOptions("golden:golden-texts", "aider"));
    const lines = readFileSync(report.target.path!, "utf8").split("\n");
    expect(lines.filter((line) => line.startsWith("# "))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("> ") && !line.startsWith("> casr: "))).toEqual([]);
  });
});
