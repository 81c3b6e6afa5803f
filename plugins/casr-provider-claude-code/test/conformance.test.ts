import { conformanceChecks } from "casr-cli/testing";
import { test } from "vitest";

const at = (path: string): URL => new URL(path, import.meta.url);
const subject = {
  package: at(".."),
  hook: at("../src/hook.ts"),
  fixtures: at("../../../fixtures/claude-code"),
};
for (const { name, skip, run } of await conformanceChecks(subject)) test.skipIf(skip)(name, run);
