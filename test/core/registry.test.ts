import { describe, expect, it } from "vitest";
import type { Provider } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { registrationProblem } from "../../src/core/registration-schema.ts";
import { tinyRegistration } from "../support/tiny.ts";

const from = (name: string, origin: Provider["package"]["origin"], registration: unknown) => ({
  registration,
  package: { name, version: "1.2.3", root: "/", origin },
});

describe("the registry", () => {
  it("sorts providers by slug, whatever the order of plugins", () => {
    const b = from("p-b", "bundled", tinyRegistration("beta"));
    const a = from("p-a", "bundled", tinyRegistration("alpha"));
    expect(createRegistry([b, a]).providers.map(({ slug }) => slug)).toEqual(["alpha", "beta"]);
  });

  it.each([
    ["a linked one", "linked", "anything", "bundled", "casr-provider-tiny", "anything"],
    [
      "an installed one of that name",
      "user",
      "@me/casr-provider-tiny",
      "bundled",
      "casr-provider-tiny",
      "@me/casr-provider-tiny",
    ],
    ["a linked one", "linked", "anything", "user", "casr-provider-tiny", "anything"],
  ] as const)(
    "of two packages with one slug takes %s (%s %s)",
    (_who, origin, name, otherOrigin, other, winner) => {
      const registry = createRegistry([
        from(name, origin, tinyRegistration("tiny")),
        from(other, otherOrigin, tinyRegistration("tiny")),
      ]);
      expect(registry.get("tiny").package.name).toBe(winner);
      expect(registry.providers).toHaveLength(1);
      expect(registry.faults).toEqual([]);
    },
  );

  it.each([
    ["casr-provider-aaa", "user", "bundled"],
    ["casr-provider-aaa", "user", "user"],
    ["casr-provider-zzz", "linked", "linked"],
  ] as const)("%s (%s) cannot take the slug of a %s provider of that name", (name, origin, other) => {
    const registry = createRegistry([
      from(name, origin, tinyRegistration("tiny")),
      from("casr-provider-tiny", other, tinyRegistration("tiny")),
    ]);
    expect(registry.get("tiny").package.name).toBe("casr-provider-tiny");
    expect(registry.faults).toEqual([
      {
        package: name,
        version: "1.2.3",
        slug: "tiny",
        message: expect.stringContaining("casr-provider-tiny 1.2.3"),
      },
    ]);
  });

  it("lets no stranger take a short name of a bundled provider, neither as slug nor as alias", () => {
    const registry = createRegistry(
      [
        from("casr-provider-codex", "bundled", tinyRegistration("codex", { aliases: ["cod"] })),
        from("casr-provider-cod", "user", tinyRegistration("cod")),
        from("casr-provider-abc", "user", tinyRegistration("abc", { aliases: ["cod", "opc"] })),
        from("casr-provider-opencode", "user", tinyRegistration("opencode", { aliases: ["opc"] })),
      ],
      [],
      [{ slug: "opencode", name: "OpenCode", aliases: ["opc"], package: "casr-provider-opencode" }],
    );
    expect(registry.get("cod").slug).toBe("codex");
    expect(registry.get("opc").slug).toBe("opencode");
    expect(registry.faults.map(({ package: name }) => name)).toEqual([
      "casr-provider-cod",
      "casr-provider-abc",
      "casr-provider-abc",
    ]);
  });

  it("lets nobody take another provider's slug as an alias", () => {
    const registry = createRegistry([
      from("p-1", "bundled", tinyRegistration("alpha", { aliases: ["beta", "a"] })),
      from("p-2", "bundled", tinyRegistration("beta", { aliases: ["a"] })),
    ]);
    expect(registry.get("beta").package.name).toBe("p-2");
    expect(registry.get("a").slug).toBe("alpha");
    expect(registry.faults.map(({ package: name }) => name)).toEqual(["p-1", "p-2"]);
  });

  it("names package and version of what is unusable and goes on with the others", () => {
    const registry = createRegistry([
      from("good", "bundled", tinyRegistration("tiny")),
      from("bad", "user", { api: 1, slug: "../evil" }),
    ]);
    expect(registry.providers).toHaveLength(1);
    expect(registry.faults).toMatchObject([{ package: "bad", version: "1.2.3" }]);
  });

  it("helps with a word it does not know", () => {
    const registry = createRegistry([
      from("p", "bundled", tinyRegistration("claude-code", { aliases: ["cc"] })),
    ]);
    expect(() => registry.get("claud-code")).toThrow(
      expect.objectContaining({
        code: "unknown-provider",
        context: expect.objectContaining({ near: ["claude-code"] }),
      }),
    );
    expect(registry.find("CC")?.slug).toBe("claude-code");
  });
});

describe("a registration", () => {
  it.each([
    [null, "not an object"],
    [[], "not an object"],
    [{ ...(tinyRegistration("x") as object), api: 2 }, "update casr"],
    [{ ...(tinyRegistration("x") as object), api: 0 }, "update the plugin"],
    [tinyRegistration("Upper"), '"slug"'],
    [tinyRegistration("x", { reader: undefined, writer: undefined }), "neither"],
    [tinyRegistration("x", { reader: "./reader.js" }), '"reader"'],
    [tinyRegistration("x", { capabilities: {} }), '"capabilities'],
    [tinyRegistration("x", { aliases: [7] }), '"aliases"'],
  ])("%# that is wrong is told why", (value, why) => {
    expect(registrationProblem(value)).toContain(why);
  });

  it("that is right has no problem", () => {
    expect(registrationProblem(tinyRegistration("tiny"))).toBeUndefined();
  });
});
