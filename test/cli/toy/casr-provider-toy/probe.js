/** Toy Agent is asked by arguments, Plain Agent through its terminal UI alone. */
export function createProbe(slug) {
  const start = ({ command, prompt }, words) =>
    slug === "toy"
      ? { argv: [...command, ...words, prompt] }
      : { argv: [...command, ...words], terminal: [{ waitFor: "Ask me >", type: `${prompt}\r` }] };
  return {
    wire: "anthropic",
    setup: ({ baseUrl, home }) => ({
      env: { TOY_BASE_URL: baseUrl },
      files: [{ path: `${home}/.${slug}/settings.json`, content: "{}" }],
    }),
    fresh: (place) => start(place, ["--new"]),
    resume: (place) => start(place, ["--resume", place.sessionId]),
    list: ({ command }) => ({ argv: [...command, "--list"] }),
  };
}
