import { conformanceChecks } from "casr-cli/testing";
import { test } from "vitest";

const hook = new URL("../src/hook.ts", import.meta.url);
const fixtures = new URL("../../../fixtures/gemini", import.meta.url);
for (const { name, skip, run } of await conformanceChecks({ hook, fixtures })) test.skipIf(skip)(name, run);
