import { describe, expect, it } from "vitest";
import { headerSchema, messageSchema } from "../../src/session/schema.ts";
import { casesOf, fixtureHome } from "../support/home.ts";
import { AGENTS, OUTSIDE, collect, readerOf, worldOn } from "../support/readers.ts";

describe.each(
  [...AGENTS, ...OUTSIDE].flatMap((agent) => casesOf(agent).map((name) => [agent, name] as const)),
)("%s %s", (agent, name) => {
  it.each(["context", "full"] as const)(
    "every message of its %s history is a message of the session model",
    async (history) => {
      const { world } = worldOn(fixtureHome(`${agent}/${name}`));
      const reader = await readerOf(agent);
      for (const ref of await collect(reader.discover(world))) {
        const reading = await reader.read(ref, world);
        headerSchema.parse(reading.header);
        const messages = await collect(reading.messages({ history }));
        expect(messages.length).toBeGreaterThan(0);
        for (const message of messages) messageSchema.parse(message);
        expect(messages.map(({ index }) => index)).toEqual(messages.keys().toArray());
        // Asked again, a reading gives the same messages.
        expect(await collect(reading.messages({ history }))).toEqual(messages);
      }
    },
  );
});
