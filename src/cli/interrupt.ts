import { constants } from "node:os";

type Stop = "SIGINT" | "SIGTERM" | "SIGHUP";
const STOPS: Stop[] = ["SIGINT", "SIGTERM", "SIGHUP"];

let received: Stop | undefined;

/** The signal that asked this run to stop, if one did. */
export function receivedSignal(): Stop | undefined {
  return received;
}

/** The exit status shells give a process ended by `signal`. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Turns the first stop signal into an abort, so that work under way is undone before the process
 * ends. A second one ends it at once; what is then left is undone by the next run.
 */
export function abortOnSignal(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (signal: Stop): void => {
    if (received !== undefined) process.exit(signalStatus(signal));
    received = signal;
    controller.abort(new DOMException(`Stopped by ${signal}`, "AbortError"));
  };
  for (const signal of STOPS) process.on(signal, stop);
  return {
    signal: controller.signal,
    release() {
      for (const signal of STOPS) process.off(signal, stop);
    },
  };
}
