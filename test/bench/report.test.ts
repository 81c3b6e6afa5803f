import { expect, test } from "vitest";
import { fitLine } from "./report.ts";
import { readOptions } from "./options.ts";
import { Template, renewedId } from "./sessions/template.ts";

test("a line goes through points that are on one, whatever their sizes", () => {
  const { start, slope, deviation } = fitLine(
    [10, 50, 200, 1000].map((size) => ({ size, value: 3 + size / 4 })),
  );
  expect(start).toBeCloseTo(3);
  expect(slope).toBeCloseTo(0.25);
  expect(deviation).toBeCloseTo(0);
});

test("what does not grow in a straight line is far from it", () => {
  const squares = [10, 50, 200, 1000].map((size) => ({ size, value: size * size }));
  expect(fitLine(squares).deviation).toBeGreaterThan(0.3);
});

test("ids keep their form, stay apart, and are others in every copy", () => {
  const ids = ["b88e8a2c-75c8-4d9d-963c-4e86e9d4a00d", "toolu_01mwpyem6q000001", "toolu_01mwpyem6q000002"];
  ids.push("msg_1fc7be9fc001otHNHnyPPGJ2Lb", "14d966c7", "call_probe_0_0", "call_probe_0_1");
  const copies = [1, 2, 70_000].flatMap((salt) => ids.map((id) => renewedId(id, salt)));
  expect(new Set([...ids, ...copies]).size).toBe(ids.length * 4);
  expect(copies.map((id) => id.length)).toEqual([...ids, ...ids, ...ids].map((id) => id.length));
});

test("a copy names the copy before it where the genuine record names another, and moves its times", () => {
  const session = "5b8f6a52-3c1e-4d0b-9a77-6e2f1c9d4a10";
  const [entry, last] = ["eeeeeeee-0000-4000-8000-000000000000", "aaaaaaaa-0000-4000-8000-000000000000"];
  const text = `{"é":"${session}","parent":"${entry}","uuid":"${last}","at":"2026-11-21T05:00:00.000Z","cwd":"/a/bc"}`;
  const template = new Template(text, { session, workspace: "/a/bc", entry, last });
  const other = session.replace(/^./, "0");
  const copy = template.copy({ session: other, workspace: "/a/xy", salt: 8, before: 7, shift: 60_000 });
  expect(JSON.parse(copy.toString())).toEqual({
    é: other,
    parent: renewedId(last, 7),
    uuid: renewedId(last, 8),
    at: "2026-11-21T05:01:00.000Z",
    cwd: "/a/xy",
  });
});

test("options are taken or refused in one line", () => {
  expect(readOptions(["--help"], "/tmp")).toBeUndefined();
  expect(readOptions(["--only", "list", "--sessions", "1000,10"], "/tmp")).toMatchObject({
    sessions: [10, 1000],
  });
  expect(() => readOptions(["--only", "lists"], "/tmp")).toThrow(
    "there is no part lists: start, list, files",
  );
  expect(() => readOptions(["--only", "list", "--write"], "/tmp")).toThrow("--write needs all parts");
  expect(() => readOptions(["--mb", "big"], "/tmp")).toThrow("--mb takes numbers: big");
});
