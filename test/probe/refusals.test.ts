import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { ModelServer } from "../../src/probe/index.ts";
import { ask, post, start } from "./support.ts";

/** Sends raw lines and returns what comes back until the connection ends. */
function raw(server: ModelServer, text: string): Promise<string> {
  const { port } = new URL(server.baseUrl);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
    socket.on("data", (data) => (answer += data.toString()));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("an agent that takes the server for its proxy", () => {
  it("is refused other machines, and they are recorded", async () => {
    const server = await start();
    expect(await raw(server, "CONNECT api.example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n")).toContain("403");
    const plain = "GET http://telemetry.example.com/v1/events?a=1 HTTP/1.1\r\nhost: x\r\n\r\n";
    expect(await raw(server, plain)).toContain("403");
    expect(server.requests).toMatchObject([
      { method: "CONNECT", path: "api.example.com:443", proxyFor: "api.example.com:443", refused: true },
      { method: "GET", path: "/v1/events?a=1", proxyFor: "telemetry.example.com", refused: true },
    ]);
  });

  it("reaches the server itself, in both ways", async () => {
    const server = await start();
    const own = new URL(server.baseUrl).host;
    const get = (target: string): string =>
      `GET ${target} HTTP/1.1\r\nhost: ${own}\r\nconnection: close\r\n\r\n`;
    expect(await raw(server, get(`${server.baseUrl}/v1/models`))).toContain("200 OK");
    const tunnelled = await raw(
      server,
      `CONNECT ${own} HTTP/1.1\r\nhost: ${own}\r\n\r\n${get("/v1/models")}`,
    );
    expect(tunnelled).toContain("200 Connection Established");
    expect(tunnelled).toContain('"probe"');
    expect(server.requests.map((request) => request.refused)).toEqual([false, false]);
  });
});

describe("routes of a probe", () => {
  const routes = [
    { method: "GET", path: "/api/user", status: 200, body: { id: "u" } },
    { method: "POST", path: "/api/internal*", query: "getUserInfo", status: 200, body: { ok: true } },
    { method: "GET", path: "/v1/models", status: 200, body: { models: [] } },
    { method: "GET", path: "/api/session/*", status: 404, body: null },
  ];

  it("are answered by method, path and query, and win over the list of models", async () => {
    const server = await start({ routes });
    const get = async (path: string) => {
      const response = await fetch(`${server.baseUrl}${path}`);
      return [response.status, await response.json()];
    };
    expect(await get("/api/user?x=1")).toEqual([200, { id: "u" }]);
    expect(await get("/v1/models")).toEqual([200, { models: [] }]);
    expect(await get("/api/session/abc")).toEqual([404, null]);
    expect((await post(server, "/api/internal?getUserInfo", {})).status).toBe(200);
    expect((await post(server, "/api/internal?uploadThread", {})).status).toBe(404);
    expect((await fetch(`${server.baseUrl}/api/user`, { method: "POST" })).status).toBe(404);
    expect(server.requests.map((request) => request.refused)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it("take bodies that are no JSON", async () => {
    const server = await start({ routes: [{ method: "POST", path: "/v1/traces", status: 202, body: {} }] });
    const response = await fetch(`${server.baseUrl}/v1/traces`, {
      method: "POST",
      body: new Uint8Array([1, 2]),
    });
    expect(response.status).toBe(202);
  });
});

describe("the list of models", () => {
  it("is there for every wire", async () => {
    const server = await start({ models: ["a", "b"] });
    const get = async (path: string) => (await fetch(`${server.baseUrl}${path}`)).json();
    expect(await get("/v1/models?limit=1000")).toMatchObject({
      data: [{ id: "a" }, { id: "b" }],
      has_more: false,
    });
    expect(await get("/v1/models/b")).toMatchObject({ id: "b", object: "model" });
    expect(await get("/v1beta/models")).toMatchObject({
      models: [{ name: "models/a" }, { name: "models/b" }],
    });
  });
});

describe("bounds", () => {
  it("end the recording after so many bytes", async () => {
    const server = await start({ maxRecordedBytes: 300 });
    expect((await ask(server, "chat", { said: "x".repeat(400) })).status).toBe(200);
    expect((await ask(server, "chat")).status).toBe(503);
    expect(server.requests[1]).toMatchObject({ refused: true, body: null });
  });

  it("end the server after its life time, whatever hangs", async () => {
    const server = await start({ maxLifetimeMs: 100, turns: [{ hang: "silent" }] });
    const waiting = ask(server, "chat").catch(() => "ended");
    await server.closed;
    expect(await waiting).toBe("ended");
    await server.close();
  });

  it("end a connection that is idle after its request", async () => {
    const server = await start({ idleSocketMs: 50 });
    expect(await raw(server, "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")).toContain("200 OK");
  });
});
