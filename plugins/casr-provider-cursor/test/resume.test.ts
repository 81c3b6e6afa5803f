import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/home.ts";
import { resume } from "../src/resume.ts";
import { worldOn } from "./helpers.ts";

const home = temporaryFolder();
const chat = (config: string): string => join(home, config, "chats/0123/some-id/store.db");

it.each([
  [chat(".cursor"), {}, undefined],
  [chat(".cursor"), { XDG_CONFIG_HOME: join(home, "xdg") }, join(home, ".cursor")],
  [chat("xdg/cursor"), { XDG_CONFIG_HOME: join(home, "xdg") }, undefined],
  [chat("moved"), { CURSOR_CONFIG_DIR: join(home, "moved") }, undefined],
  [chat("moved"), { CURSOR_CONFIG_DIR: "moved" }, join(home, "moved")],
  [chat("moved"), { CURSOR_HOME: join(home, "moved") }, join(home, "moved")],
  [join(home, ".cursor/acp-sessions/some-id/store.db"), {}, undefined],
])("%s is resumed where it is", async (path, env, config) => {
  const { world } = worldOn(home, env as Record<string, string>);
  const expected = { argv: ["cursor-agent", "--resume", "some-id"], cwd: "/w" };
  expect(await resume({ id: "some-id", workspace: "/w", path }, world)).toEqual([
    config === undefined ? expected : { ...expected, env: { CURSOR_CONFIG_DIR: config } },
  ]);
});

it("a session of the editor is chosen by hand", async () => {
  const { world } = worldOn(home);
  const [step] = await resume({ id: "x", workspace: "/w", path: "/h/state.vscdb/x" }, world);
  expect(step!.argv).toEqual(["cursor", "/w"]);
  expect(step!.note).toContain("Agents panel");
});
