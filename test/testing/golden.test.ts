import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Host } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { resumeSession } from "../../src/core/resume.ts";
import { sessionSchema } from "../../src/session/schema.ts";
import { GOLDEN_NAMES, GOLDEN_SESSIONS } from "../../src/testing/golden/index.ts";
import { goldenProvider, goldenRegistration } from "../../src/testing/golden-provider.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { temporaryFolder } from "../support/home.ts";
import { AGENTS, registrationOf } from "../support/readers.ts";

describe.each(GOLDEN_NAMES)("the golden session %s", (name) => {
  const make = (): ReturnType<(typeof GOLDEN_SESSIONS)[typeof name]> => GOLDEN_SESSIONS[name]("/work/app");

  it("is a session of the schema, the same each time", () => {
    const session = make();
    if (name !== "hostile") sessionSchema.parse({ schema: "casr.session/1", ...session });
    expect(session).toEqual(make());
    expect(session.header.workspace).toBe("/work/app");
  });

  it.each(AGENTS)("converts to %s and reads back equal", async (target) => {
    const home = temporaryFolder("golden");
    const host = await goldenHost(home);
    for (const history of ["context", "full"] as const) {
      const options = resumeOptions(`golden:golden-${name}`, target, { history });
      const report = await resumeSession(host, options);
      expect(report.outcome).toBe("converted");
      expect(report.verification!.messages).toBeGreaterThan(0);
    }
  });
});

async function goldenHost(home: string): Promise<Host> {
  const host = await bundledHost(home);
  const golden = { registration: goldenRegistration(home), package: goldenProvider(home).package };
  const entries = await Promise.all(
    AGENTS.map(async (slug) => ({
      registration: await registrationOf(slug),
      package: host.registry.get(slug).package,
    })),
  );
  return { ...host, registry: createRegistry([...entries, golden]) };
}

it("the pictures are sound PNGs of different content", () => {
  const { messages } = GOLDEN_SESSIONS.conversation("/work/app");
  const pictures = messages
    .flatMap((message) =>
      message.content.flatMap((block) => (block.type === "tool_result" ? block.content : [block])),
    )
    .flatMap((block) => (block.type === "image" && "base64" in block.data ? [block.data.base64] : []));
  expect(new Set(pictures).size).toBe(2);
  for (const picture of pictures) {
    const bytes = Buffer.from(picture, "base64");
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    const start = bytes.indexOf("IDAT") + 4;
    const pixels = inflateSync(bytes.subarray(start, bytes.indexOf("IEND") - 8));
    expect(pixels.length).toBe(height * (1 + width * 3));
  }
});

it("the long output is long, and short enough for agents that cut what they replay", () => {
  const { messages } = GOLDEN_SESSIONS.conversation("/work/app");
  const longest = Math.max(
    ...messages.flatMap(({ content }) =>
      content.flatMap((block) =>
        block.type === "tool_result" ? [JSON.stringify(block.content).length] : [],
      ),
    ),
  );
  expect(longest).toBeGreaterThan(8000);
  expect(longest).toBeLessThan(11_000);
});
