import { describe, expect, it } from "vitest";
import { locateSession } from "../../src/core/locate.ts";
import type { Diagnostic } from "../../src/provider/world.ts";
import { tinyHost, tinyRegistration, tinySession, temporaryFolder } from "../support/tiny.ts";

async function prepared(registrations?: unknown[]) {
  const host = await tinyHost(registrations);
  const warnings: Diagnostic[] = [];
  const world = host.world((diagnostic) => warnings.push(diagnostic), new AbortController().signal);
  const find = (word: string, source?: string) =>
    locateSession(host, word, source, world).then(({ ref }) => ref.id);
  return { host, home: host.home, warnings, find };
}

describe("a session word", () => {
  it("is an id, a unique prefix, provider:id or provider n", async () => {
    const { home, find } = await prepared();
    await tinySession(home, "alpha-1", { age: 10 });
    await tinySession(home, "beta-1", { age: 20 });
    expect(await find("alpha-1")).toBe("alpha-1");
    expect(await find("be")).toBe("beta-1");
    expect(await find("tiny:beta-1")).toBe("beta-1");
    expect(await find("TNY:be")).toBe("beta-1");
    expect(await find("tiny 2")).toBe("beta-1");
  });

  it("is an exact id even where that is a prefix of another", async () => {
    const { home, find } = await prepared();
    await tinySession(home, "alpha");
    await tinySession(home, "alpha-2");
    expect(await find("alpha")).toBe("alpha");
  });

  it("is a path", async () => {
    const { home, find } = await prepared();
    const path = await tinySession(home, "alpha");
    expect(await find(path)).toBe("alpha");
    expect(await find("~/.tiny/alpha.jsonl")).toBe("alpha");
    expect(await find("whatever", path)).toBe("alpha");
  });

  it("latest is the newest of this folder, else the newest of all", async () => {
    const { home, find } = await prepared();
    await tinySession(home, "elsewhere", { age: 1, workspace: "/elsewhere" });
    await tinySession(home, "old", { age: 99, workspace: home });
    expect(await find("latest")).toBe("old");
    const other = await prepared();
    await tinySession(other.home, "first", { age: 5, workspace: "/elsewhere" });
    await tinySession(other.home, "second", { age: 2, workspace: "/elsewhere" });
    expect(await other.find("latest")).toBe("second");
    expect(await other.find("tiny:latest")).toBe("second");
  });

  it("that fits several sessions is refused with ready commands", async () => {
    const { home, find } = await prepared();
    await tinySession(home, "alpha-1");
    await tinySession(home, "alpha-2");
    await expect(find("alpha")).rejects.toMatchObject({
      code: "ambiguous-session",
      exitStatus: 4,
      suggestions: ["casr info tiny:alpha-1", "casr info tiny:alpha-2"],
    });
  });

  it.each([
    ["nothing", "session-not-found"],
    ["tiny 7", "session-not-found"],
    ["./missing.jsonl", "session-not-found"],
    ["latest", "session-not-found"],
    [" ", "usage"],
  ])("%j in an empty store is %s", async (word, code) => {
    const { find } = await prepared();
    await expect(find(word)).rejects.toMatchObject({ code });
  });

  it("of a file nobody knows is not found", async () => {
    const { find } = await prepared();
    await expect(find(await temporaryFolder())).rejects.toMatchObject({ code: "session-not-found" });
  });

  it("names an unknown source with the nearest known one", async () => {
    const { find } = await prepared();
    await expect(find("x", "tinny")).rejects.toMatchObject({
      code: "unknown-provider",
      context: { near: ["tiny"] },
    });
  });

  it("is found although another provider fails, and the failure is told", async () => {
    const broken = tinyRegistration("broken", { reader: () => Promise.reject(new Error("kaput")) });
    const { home, find, warnings } = await prepared([tinyRegistration("tiny"), broken]);
    await tinySession(home, "alpha");
    expect(await find("alpha")).toBe("alpha");
    expect(warnings).toMatchObject([{ code: "provider-failed" }]);
    expect(warnings[0]!.message).toContain("kaput");
    await expect(find("alpha", "broken")).rejects.toMatchObject({ code: "provider-fault", exitStatus: 11 });
  });
});
