import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configFrom, parseTomlStrings } from "../src/config.ts";
import { codexHome, parseRolloutName, rolloutPath, sqliteHome } from "../src/paths.ts";
import { emptyHome, worldOn } from "./helpers.ts";

it("reads the settings that are in effect", () => {
  expect(configFrom('model_provider = "a" # mine\n')).toEqual({ modelProvider: "a" });
  expect(configFrom("model_provider = 'lit\\eral'\n")).toEqual({ modelProvider: "lit\\eral" });
  expect(
    configFrom('profile = "p"\nmodel_provider = "a"\n[profiles.p]\nmodel_provider = "b"\nmodel = "m"\n'),
  ).toEqual({ modelProvider: "b", model: "m" });
  expect(configFrom('profile = "my p"\n[profiles."my p"]\nmodel_provider = "b"\n')).toEqual({
    modelProvider: "b",
  });
  expect(configFrom('profiles.p.model_provider = "b"\nprofile="p"\n')).toEqual({ modelProvider: "b" });
  expect(configFrom('[model_providers.mock]\nmodel_provider = "no"\nname = "x"\n')).toEqual({});
  expect(configFrom("")).toEqual({});
});

it("steps over what is not a plain string", () => {
  const text = [
    'notes = """',
    'model_provider = "inside text"',
    '"""',
    "list = [",
    '  "a = b", # [',
    '  "model_provider = x",',
    "]",
    'inline = { model_provider = "no" }',
    "number = 3",
    "[[things]]",
    'model_provider = "no"',
    "[tui]",
    'theme = "a\\u00e9\\"b"',
    '"quoted.key" = "c"',
  ].join("\r\n");
  expect(Object.fromEntries(parseTomlStrings(text))).toEqual({
    "tui.theme": 'aé"b',
    'tui."quoted.key"': "c",
  });
});

it("finds home and databases", async () => {
  const home = emptyHome();
  expect(codexHome(worldOn(home).world)).toBe(join(home, ".codex"));
  expect(codexHome(worldOn(home, { CODEX_HOME: "/x" }).world)).toBe("/x");
  expect(await sqliteHome(worldOn(home).world)).toBe(join(home, ".codex"));
  mkdirSync(join(home, ".codex"));
  writeFileSync(join(home, ".codex", "config.toml"), 'sqlite_home = "~/db"\n');
  expect(await sqliteHome(worldOn(home).world)).toBe(join(home, "db"));
  expect(await sqliteHome(worldOn(home, { CODEX_SQLITE_HOME: "/y" }).world)).toBe("/y");
});

it("names files by local time", () => {
  const id = "0199aaaa-0000-7000-8000-000000000001";
  const path = rolloutPath("/h/.codex", id, Date.parse("2026-03-31T23:30:05Z"), 120);
  expect(path).toBe(`/h/.codex/sessions/2026/04/01/rollout-2026-04-01T01-30-05-${id}.jsonl`);
  expect(parseRolloutName(`rollout-2026-04-01T01-30-05-${id}.jsonl.zst`)).toEqual({
    id,
    rollout: id,
    compressed: true,
  });
  const later = "0199bbbb-0000-7000-8000-000000000002";
  expect(parseRolloutName(`rollout-2026-04-01T01-30-05-${id}_${later}.jsonl`)).toEqual({
    id,
    rollout: later,
    compressed: false,
  });
  expect(parseRolloutName("rollout-x.jsonl")).toEqual({ compressed: false });
  expect(parseRolloutName("other.jsonl")).toBeUndefined();
});
