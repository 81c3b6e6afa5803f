import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../src/core/errors.ts";
import { LOSS_KINDS } from "../../src/core/losses.ts";
import { jsonSchemas } from "../../src/cli/json/json-schemas.ts";
import { PROVIDER_API } from "../../src/provider/registration.ts";
import { root } from "./harness.ts";

const CONTRACT = [
  "session/json",
  "session/tool-types",
  "session/types",
  "provider/registration",
  "provider/capabilities",
  "provider/reader",
  "provider/writer",
  "provider/world",
  "provider/probe",
  "testing/golden/index",
  "testing/golden-provider",
  "testing/conformance/types",
  "testing/conformance/index",
];

/** A declaration file without its comments and imports: what a plugin is compiled against. */
async function declarations(name: string): Promise<string> {
  const text = await readFile(join(root, "dist", `${name}.d.ts`), "utf8");
  const bare = text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("import "));
  return `// ${name}\n${bare.join("\n")}\n`;
}

test("the contract with plugins: a change of this snapshot is a change for every plugin (docs/contract.md)", async () => {
  const parts = await Promise.all(CONTRACT.map(declarations));
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const head = `api ${PROVIDER_API}\nexports ${Object.keys(exports).join(" ")}\n`;
  await expect([head, ...parts].join("\n")).toMatchFileSnapshot("contract.txt");
});

test("everything the index of the contract exports is in that snapshot", async () => {
  const index = await readFile(join(root, "dist", "provider", "index.d.ts"), "utf8");
  const exported = [...index.matchAll(/from "\.\.?\/([\w/-]+)\.(?:ts|js)"/g)].map(([, path]) =>
    path!.includes("/") ? path! : `provider/${path!}`,
  );
  expect(exported.filter((name) => !CONTRACT.includes(name))).toEqual([]);
  expect(exported.length).toBeGreaterThan(7);
});

test("the words scripts match on: errors and losses", async () => {
  const lines = [
    ...Object.entries(ERROR_CODES).map(([code, status]) => `error ${code} ${status}`),
    ...Object.entries(LOSS_KINDS).map(([code, { severity }]) => `loss ${code} ${severity}`),
  ];
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("words.txt");
});

test("the published JSON Schemas are those of the code", async () => {
  const folder = join(root, "docs", "schemas");
  const published = (await readdir(folder)).map((name) => name.replace(/\.json$/, "")).sort();
  const schemas = jsonSchemas();
  expect(published).toEqual(Object.keys(schemas).sort());
  for (const name of published) {
    const text = await readFile(join(folder, `${name}.json`), "utf8");
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(schemas[name])));
  }
});
