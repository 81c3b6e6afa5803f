import type { ProjectedSession, World } from "casr-cli/provider";
import { LAST_TIME, usableTime } from "./json.ts";

/** Epoch ms of the session's start: its own, that of its first dated message, or now. */
export async function startOf(session: ProjectedSession, world: World): Promise<number> {
  const own = usableTime(session.header.startedAt);
  if (own !== undefined) return own;
  for await (const message of session.messages()) {
    const time = usableTime(message.timestamp);
    if (time !== undefined) return time;
  }
  return usableTime(world.now()) ?? 0;
}

/** Gives each event its time: the wanted one unless that goes back, else a millisecond after the last one. */
export class Clock {
  #time: number;

  constructor(start: number) {
    this.#time = start;
  }

  /** Epoch ms. */
  tick(wanted: number | undefined): number {
    this.#time = Math.min(Math.max(this.#time + 1, usableTime(wanted) ?? 0), LAST_TIME);
    return this.#time;
  }
}
