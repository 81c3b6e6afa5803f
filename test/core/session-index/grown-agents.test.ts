import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Reader } from "../../../src/provider/index.ts";
import { seedHome } from "../../support/home.ts";
import { registrationOf } from "../../support/readers.ts";
import { bundledScene, listAll, plain, sceneOf, tick } from "./scene.ts";

/** Recorded sessions of agents that only ever add to a file, and what they write anew beside it with each turn. */
const SESSIONS = [
  { agent: "claude-code", name: "rich-headless" },
  { agent: "gemini", name: "image-and-big-output" },
  { agent: "qwen", name: "image-and-big-output" },
  { agent: "codex", name: "tui-named-aborted" },
  { agent: "pi", name: "tools" },
  { agent: "copilot", name: "rich", beside: "workspace.yaml" },
  { agent: "kimi", name: "edits", beside: "../../state.json" },
  { agent: "factory", name: "rich", beside: ".settings.json" },
] as const;

test.each(SESSIONS)("a session of $agent that has grown is read on from its mark", async (session) => {
  const { agent, name } = session;
  const home = seedHome([`${agent}/${name}`]);
  const registration = (await registrationOf(agent)) as { reader: () => Promise<Reader> };
  let readOns = 0;
  const noting = {
    ...registration,
    async reader(): Promise<Reader> {
      const reader = await registration.reader();
      return {
        ...reader,
        async readOn(...call) {
          const reading = await reader.readOn!(...call);
          if (reading !== undefined) readOns += 1;
          return reading;
        },
      };
    },
  };
  const whole = await bundledScene(home, [agent], { env: { CASR_NO_INDEX: "1" } });
  const refs = (await listAll(whole.host)).sessions.map(({ summary }) => summary.ref);
  const { path } = refs.toSorted((one, other) => other.sizeBytes - one.sizeBytes)[0]!;
  const bytes = readFileSync(path);
  const last = bytes.lastIndexOf("\n", bytes.length - 2) + 1;
  truncateSync(path, last);
  const { host } = sceneOf(home, [noting]);
  await listAll(host);
  expect(readOns).toBe(0);
  appendFileSync(path, bytes.subarray(last));
  if ("beside" in session) {
    const note = session.beside.startsWith(".s")
      ? path.replace(/\.jsonl$/, session.beside)
      : join(dirname(path), session.beside);
    expect(existsSync(note)).toBe(true);
    appendFileSync(note, "\n");
  }
  await tick(home);
  const grown = plain(await listAll(host));
  expect(readOns).toBe(1);
  expect(grown).toEqual(plain(await listAll(whole.host)));
});
