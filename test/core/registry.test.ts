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

  it.each(["bundled", "user", "linked"] as const)(
    "of two packages with one slug takes the higher ranked (%s)",
    (origin) => {
      const registry = createRegistry([
        from("p-1", "bundled", tinyRegistration("tiny")),
        from("p-2", origin, tinyRegistration("tiny")),
      ]);
      expect(registry.providers).toHaveLength(1);
      expect(registry.get("tiny").package.name).toBe(origin === "bundled" ? "p-1" : "p-2");
      expect(registry.faults).toHaveLength(origin === "bundled" ? 1 : 0);
    },
  );

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
