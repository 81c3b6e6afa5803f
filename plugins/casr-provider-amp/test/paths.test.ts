import { expect, test } from "vitest";
import { createWorld } from "../../../src/core/world.ts";
import type { World } from "casr-cli/provider";
import { extensionFolders, pathOf, uriOf, usualFolder } from "../src/paths.ts";

function worldOf(platform: string, home: string, env: Record<string, string> = {}): World {
  return createWorld({ platform, home, env, cwd: home, warn: () => {}, now: () => 0 });
}

test.each([
  ["linux", "/home/dev", {}, "/home/dev/.local/share/amp", "/home/dev/.config/Code/User/globalStorage/"],
  ["linux", "/home/dev", { XDG_DATA_HOME: "/data" }, "/data/amp", "/home/dev/.config/Code/"],
  ["darwin", "/Users/dev", {}, "/Users/dev/.local/share/amp", "/Users/dev/Library/Application Support/Code/"],
  [
    "win32",
    "C:\\Users\\dev",
    { APPDATA: "D:\\Roaming" },
    "C:\\Users\\dev\\.local\\share\\amp",
    "D:\\Roaming\\Code\\User\\globalStorage\\",
  ],
])("the folders of %s in %s with %j", (platform, home, env, data, extension) => {
  const world = worldOf(platform, home, env);
  expect(usualFolder(world)).toBe(data);
  expect(extensionFolders(world)[0]).toContain(extension);
});

test.each([
  ["/home/dev/a b/ä#?", "file:///home/dev/a%20b/%C3%A4%23%3F"],
  ["C:\\Users\\dev", "file:///C%3A/Users/dev"],
])("%s is the tree %s", (path, uri) => {
  expect(uriOf(path)).toBe(uri);
  expect(pathOf(uri)).toBe(path.replaceAll("\\", "/"));
});

test("what is no file has no path", () => {
  expect(pathOf("vscode-remote://host/x")).toBeUndefined();
  expect(pathOf("file:///a%zz")).toBe("/a%zz");
});
