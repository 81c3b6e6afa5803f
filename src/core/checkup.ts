import type { Host, Provider, ProviderStatus } from "./api.ts";
import { messageOf } from "./errors.ts";
import { providerFault } from "./faults.ts";
import { openSource } from "./source.ts";
import { statusOf } from "./statuses.ts";
import { versionVerdict, type VersionVerdict } from "./versions.ts";

/** What casr can read of an agent's store. */
export interface StoreCheck {
  sessions: number;
  /** Of those, the ones the agent leaves out of its own list. */
  hidden: number;
  bytes: number;
  /** Sessions that cannot be read, the first ones by path. */
  unreadable: { path: string; problem: string }[];
  unreadableCount: number;
  /** Damaged lines and records in sessions that can be read; counted by a deep check only. */
  damaged?: number;
}

/** Everything about one provider and its agent on this machine. */
export interface Checkup {
  status: ProviderStatus;
  /** Missing when the agent's program is not here. */
  verdict?: VersionVerdict;
  store?: StoreCheck;
  /** What of the plugin cannot be loaded or used, one line each. */
  faults: string[];
}

export interface CheckupOptions {
  /** Read every session whole, not only its head and tail. */
  deep: boolean;
  signal: AbortSignal;
  /** Sessions begun and bytes of them read so far, for a progress line. */
  onProgress?: (provider: Provider, sessions: number, bytes: number) => void;
}

/** Paths that are named; all are counted. */
const MOST_NAMED = 20;

/** Looks at one provider: its plugin, its agent's program and version, its agent's store. Writes nothing. */
export async function checkup(host: Host, provider: Provider, options: CheckupOptions): Promise<Checkup> {
  const world = host.world(() => {}, options.signal);
  const status = await statusOf(provider, world);
  const faults = await loadFaults(provider);
  if (status.problem !== undefined && faults.length === 0) faults.push(status.problem);
  const checked: Checkup = { status, faults };
  if (status.binary !== undefined) checked.verdict = versionVerdict(status.binary.version, provider.verified);
  if (provider.reader !== undefined && faults.length === 0) {
    try {
      checked.store = await checkStore(host, provider, options);
    } catch (error) {
      options.signal.throwIfAborted();
      faults.push(messageOf(providerFault(provider, error)));
    }
  }
  return checked;
}

/** Loads every part that the registration claims; the registry's guards name a missing method of reader and writer. */
async function loadFaults(provider: Provider): Promise<string[]> {
  const faults: string[] = [];
  for (const name of ["reader", "writer", "probe"] as const) {
    try {
      const part = await provider[name]?.();
      if (name !== "probe" || provider.probe === undefined) continue;
      const missing = ["setup", "fresh", "resume"].filter(
        (method) => typeof (part as Record<string, unknown> | undefined)?.[method] !== "function",
      );
      if (missing.length > 0) faults.push(`its ${name} has no ${missing.join(", ")}`);
    } catch (error) {
      faults.push(`its ${name} cannot be loaded: ${messageOf(error)}`);
    }
  }
  return faults;
}

async function checkStore(host: Host, provider: Provider, options: CheckupOptions): Promise<StoreCheck> {
  const { deep, signal, onProgress } = options;
  const store: StoreCheck = { sessions: 0, hidden: 0, bytes: 0, unreadable: [], unreadableCount: 0 };
  let read = 0;
  const tell = (bytes: number): void => onProgress?.(provider, store.sessions, (read += bytes));
  const world = host.world(() => {}, signal, tell);
  const reader = await provider.reader!();
  if (deep) store.damaged = 0;
  for await (const ref of reader.discover(world)) {
    store.sessions += 1;
    store.bytes += ref.sizeBytes;
    tell(0);
    try {
      const summary = await reader.summarize(ref, world);
      if (summary.hidden !== undefined) store.hidden += 1;
      if (deep) store.damaged! += await damagedRecords(provider, ref, world);
    } catch (error) {
      signal.throwIfAborted();
      store.unreadableCount += 1;
      if (store.unreadable.length < MOST_NAMED)
        store.unreadable.push({ path: ref.path, problem: messageOf(error) });
    }
  }
  return store;
}

async function damagedRecords(...[provider, ref, world]: Parameters<typeof openSource>): Promise<number> {
  const source = await openSource(provider, ref, world);
  // Only going through them shows whether the messages can be read.
  for await (const message of source.messages("full")) void message;
  return source.reading.records.malformed;
}
