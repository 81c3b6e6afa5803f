import type { Probe, ProbeRoute } from "casr-cli/provider";

/** Amp's own service: every call goes to one path, which method it is stands in the query. */
function answer(method: string, body: unknown): ProbeRoute {
  return { method: "POST", path: "/api/internal", query: method, status: 200, body };
}

/** Runs Amp headless, in the versions that kept threads on disk (0.0.1767830505, 0.0.1774569934). */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home }) => ({
    env: { AMP_URL: baseUrl, AMP_API_KEY: "probe", AMP_SKIP_UPDATE_CHECK: "1" },
    files: [
      {
        path: `${home}/.config/amp/settings.json`,
        content: `${JSON.stringify({ "amp.url": baseUrl, "amp.updates.mode": "disabled" }, null, 2)}\n`,
      },
    ],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, ...run(prompt)] }),
  resume: ({ command, sessionId, prompt }) => ({
    argv: [...command, "threads", "continue", sessionId, ...run(prompt)],
  }),
  routes: [
    answer("getUserInfo", {
      ok: true,
      result: { id: "user_probe", username: "probe", email: "probe@localhost", features: [] },
    }),
    // A thread nobody owns may be continued by everybody.
    answer("getThreadLinkInfo", {
      ok: false,
      error: { code: "thread-not-found", message: "unknown thread" },
    }),
    // Uploads, credits, settings of threads.
    answer("", { ok: true, result: {} }),
  ],
};

function run(prompt: string): string[] {
  return ["-x", prompt, "--dangerously-allow-all"];
}
