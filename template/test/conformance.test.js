import { test } from "node:test";
import { conformanceChecks } from "casr-cli/testing";

const checks = await conformanceChecks({ package: new URL("..", import.meta.url) });
for (const { name, skip, run } of checks) test(name, { skip }, run);
