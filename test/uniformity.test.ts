import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { AGENTS, OUTSIDE, registrationOf } from "./support/readers.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

/** The modules a file imports: what, and whether only types. */
function importsOf(path: string): { from: string; typeOnly: boolean }[] {
  const text = readFileSync(path, "utf8");
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...statements].map(([, type, from, bare, dynamic]) => ({
    from: from ?? bare ?? dynamic ?? "",
    typeOnly: type !== undefined,
  }));
}

/** Which folder of src a relative import leads to. */
function layerOf(path: string): string {
  return relative(join(root, "src"), path).split("/")[0]!;
}

const MAY_IMPORT: Record<string, string[]> = {
  session: ["session"],
  provider: ["provider", "session"],
  core: ["core", "provider", "session"],
  probe: ["probe", "core", "testing", "provider", "session"],
  testing: ["testing", "core", "provider", "session"],
  generator: ["generator", "core"],
};

describe("the layers", () => {
  it.each(Object.keys(MAY_IMPORT))("%s imports only what lies below it", (layer) => {
    const folder = join(root, "src", layer);
    if (!existsSync(folder)) return;
    for (const path of sources(folder)) {
      for (const { from } of importsOf(path)) {
        expect.soft(from, path).not.toMatch(/^@oclif/);
        if (from.startsWith("."))
          expect
            .soft(MAY_IMPORT[layer], `${path} imports ${from}`)
            .toContain(layerOf(resolve(dirname(path), from)));
      }
    }
  });

  it("the core names no agent", () => {
    for (const layer of ["core"]) {
      for (const path of sources(join(root, "src", layer))) {
        const code = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
        expect.soft(code, path).not.toMatch(/claude|codex|gemini/i);
      }
    }
  });
});

const FILES = ["discover", "hook", "index", "native", "paths", "read", "resume", "tools", "write"];
/** Those a plugin has itself even where it shares the rest with relatives. */
const OWN_FILES = new Set(["hook", "index", "native", "read", "write"]);
/** What of Node a provider may use: nothing that reaches the machine. */
const PURE = new Set(["node:path", "node:crypto", "node:buffer", "node:util"]);

/** Packages beside the plugins with what several of them share: stores of agents and their forks. */
const LIBRARIES = readdirSync(join(root, "plugins")).filter((name) => !name.startsWith("casr-provider-"));

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  bundleDependencies?: string[];
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The libraries a plugin is built on. */
function librariesOf(folder: string): string[] {
  return LIBRARIES.filter((name) => manifestOf(folder).dependencies?.[name] !== undefined);
}

/** Nothing but own files, types of casr, pure parts of Node and the libraries named; no word of the machine. */
function expectPure(folder: string, libraries: string[]): void {
  for (const path of sources(join(folder, "src"))) {
    for (const { from, typeOnly } of importsOf(path)) {
      if (from === "casr-cli/provider") expect.soft(typeOnly, `${path}: ${from}`).toBe(true);
      else if (from.startsWith("."))
        expect.soft(resolve(dirname(path), from).startsWith(join(folder, "src")), path).toBe(true);
      else
        expect.soft(PURE.has(from) || libraries.includes(from.split("/")[0]!), `${path}: ${from}`).toBe(true);
    }
    const code = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    expect.soft(code, path).not.toMatch(/\bprocess\.|Date\.now\(|new Date\(\)|Math\.random|child_process/);
  }
}

describe.each([...AGENTS, ...OUTSIDE])("the plugin of %s", (slug) => {
  const folder = join(root, "plugins", `casr-provider-${slug}`);

  it("has the files every plugin has, but for those of the store it shares", () => {
    const shared = librariesOf(folder).map((name) => join(root, "plugins", name));
    for (const name of FILES) {
      const places = OWN_FILES.has(name) ? [folder] : [folder, ...shared];
      expect
        .soft(
          places.some((place) => existsSync(join(place, "src", `${name}.ts`))),
          name,
        )
        .toBe(true);
    }
    for (const name of ["README.md", "package.json", "tsconfig.json", "test"]) {
      expect.soft(existsSync(join(folder, name)), name).toBe(true);
    }
  });

  it("is published whole, with nothing but credentials", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as object;
    expect(manifest).toMatchObject({
      name: `casr-provider-${slug}`,
      license: "MIT",
      keywords: expect.arrayContaining(["casr-provider"]),
      files: expect.arrayContaining(["dist", "!dist/.tsbuildinfo", "README.md"]),
      publishConfig: { access: "public" },
      scripts: { prepack: "node ../../bin/clean.js . && tsc -b" },
      oclif: { hooks: { "casr:providers": "./dist/hook" } },
    });
    expect(manifest).not.toHaveProperty("private");
    expect(readFileSync(join(folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  it("imports casr only as types, no other plugin, and nothing that touches the machine", () => {
    expectPure(folder, librariesOf(folder));
  });

  it("loads no code with its metadata", () => {
    const eager = importsOf(join(folder, "src", "hook.ts")).filter(
      ({ from, typeOnly }) => !typeOnly && from !== "./read.ts",
    );
    const text = readFileSync(join(folder, "src", "hook.ts"), "utf8");
    expect(text).not.toMatch(/^import (?!type)/m);
    expect(eager.every(({ from }) => text.includes(`import("${from}")`))).toBe(true);
  });

  it("claims what it implements", async () => {
    const registration = await registrationOf(slug);
    const writer = await registration.writer!();
    const reader = await registration.reader!();
    for (const method of ["detect", "discover", "locate", "identify", "summarize", "read"] as const) {
      expect.soft(reader[method], method).toBeTypeOf("function");
    }
    for (const method of ["nativeCall", "plan", "resume"] as const)
      expect.soft(writer[method], method).toBeTypeOf("function");
  });
});

describe.each(LIBRARIES)("the library %s", (name) => {
  const folder = join(root, "plugins", name);
  const plugins = [...AGENTS, ...OUTSIDE].map((slug) => join(root, "plugins", `casr-provider-${slug}`));
  const users = plugins.filter((plugin) => librariesOf(plugin).includes(name));

  it("is published whole, in the version its plugins want, and is no plugin itself", () => {
    const manifest: object = manifestOf(folder);
    expect(manifest).toMatchObject({
      name,
      license: "MIT",
      files: ["dist", "!dist/.tsbuildinfo", "README.md"],
      publishConfig: { access: "public" },
      scripts: { prepack: "node ../../bin/clean.js . && tsc -b" },
    });
    for (const key of ["private", "oclif", "dependencies"]) expect.soft(manifest).not.toHaveProperty(key);
    expect(readFileSync(join(folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
    for (const path of ["README.md", "tsconfig.json", "test"])
      expect.soft(existsSync(join(folder, path)), path).toBe(true);
    for (const user of users)
      expect.soft(manifestOf(user).dependencies?.[name], user).toBe(manifestOf(folder).version);
  });

  it("comes with casr where a plugin does that is built on it", () => {
    // npm would ask the registry for what only a bundled package names.
    const { dependencies = {}, bundleDependencies = [] } = manifestOf(root);
    const isWanted = users.some((user) => bundleDependencies.includes(basename(user)));
    expect(bundleDependencies.includes(name)).toBe(isWanted);
    expect(dependencies[name]).toBe(isWanted ? manifestOf(folder).version : undefined);
  });

  it("is shared, by plugins it does not know", () => {
    expect(users.length).toBeGreaterThan(1);
    for (const path of sources(join(folder, "src")))
      expect.soft(readFileSync(path, "utf8"), path).not.toContain("casr-provider-");
  });

  it("imports casr only as types, and nothing that touches the machine", () => {
    expectPure(folder, []);
  });
});

describe("source files", () => {
  const all = [
    join(root, "src"),
    ...[...AGENTS, ...OUTSIDE].map((slug) => join(root, "plugins", `casr-provider-${slug}`, "src")),
    ...LIBRARIES.map((name) => join(root, "plugins", name, "src")),
  ].flatMap(sources);

  it.each(all.map((path) => relative(root, path)))("%s can be held in mind", (path) => {
    const text = readFileSync(join(root, path), "utf8");
    expect(text.split("\n").length).toBeLessThanOrEqual(400);
    expect(statSync(join(root, path)).size).toBeGreaterThan(0);
  });
});
