import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../cli/harness.ts";
import { AGENTS, OUTSIDE, registrationOf } from "../support/readers.ts";

/** The lines of a page below a heading, up to the next one. */
function section(page: string, heading: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
}

describe.each([...AGENTS, ...OUTSIDE])("the page of %s", async (slug) => {
  const page = await readFile(join(root, "plugins", `casr-provider-${slug}`, "README.md"), "utf8");
  const { verified, homeVariables } = await registrationOf(slug);

  test("names every version it was tried with, and when", () => {
    for (const { version, date, result } of verified) {
      if (result === "unproven") expect(page).toContain("unproven");
      else expect(page).toContain(version);
      const [year, month, day] = date.split("-");
      expect(page).toMatch(new RegExp(`${date}|${Number(day)} \\w+ ${year}|${month}/${year}`));
    }
  });

  test("names every variable that moves its store", () => {
    expect(homeVariables.filter((name) => !page.includes(name))).toEqual([]);
  });

  test("tells what is lost on the way to the agent and from it, and how its fixtures were made", () => {
    const lost = section(page, "What is lost");
    expect(lost).toMatch(/^(?:[-*]|\|) to /im);
    expect(lost).toMatch(/^(?:[-*]|\|) from /im);
    expect(page).toMatch(/fixtures?/i);
  });
});
