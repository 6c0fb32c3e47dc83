import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { CloudClient, CloudProblem } from "./cloud-client.ts";

type Answer = Response | "no answer";

/** A cloud that answers as it is told, and a client that never waits for long. */
function cloudThat(...answers: Answer[]) {
	const asked: { readonly method: string; readonly url: string; readonly headers: Headers; readonly body: unknown }[] =
		[];
	const waits: number[] = [];
	const clock: Clock = {
		now: () => 0,
		after(delayMs, callback) {
			waits.push(delayMs);
			callback();
			return () => undefined;
		},
	};
	const client = new CloudClient({
		url: "http://cloud.test/",
		token: async () => "token-1",
		clock,
		random: (byteLength) => new Uint8Array(byteLength).fill(asked.length + 1),
		async fetch(url, init = {}) {
			asked.push({
				method: init.method ?? "",
				url: String(url),
				headers: new Headers(init.headers),
				body: init.body,
			});
			const answer = answers.shift() ?? Response.json({ ok: true, data: {} });
			if (answer === "no answer") throw new TypeError("fetch failed");
			return answer;
		},
	});
	return { client, asked, waits };
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
	const body = { code, detail: `It is ${code}.`, requestId: "request-1" };
	return Response.json(body, { status, headers: { "content-type": "application/problem+json", ...headers } });
}

test("4.1 path, query, body and token go where the description says", async () => {
	const { client, asked } = cloudThat(Response.json({ ok: true, data: { id: "a b" } }));
	const answer = await client.call("PATCH /api/v1/machines/{id}", {
		path: { id: "a b/c" },
		headers: { "if-match": '"3"' },
		body: { name: "Lobby" },
	});
	expect(answer.data.id).toBe("a b");
	await client.call("GET /api/v1/devices", { query: { status: "online", limit: 5, page: undefined } });
	expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
		"PATCH http://cloud.test/api/v1/machines/a%20b%2Fc",
		"GET http://cloud.test/api/v1/devices?status=online&limit=5",
	]);
	expect(asked[0]?.body).toBe('{"name":"Lobby"}');
	expect(asked[0]?.headers.get("if-match")).toBe('"3"');
	expect(asked[0]?.headers.get("authorization")).toBe("Bearer token-1");
});

test("4.1 a problem of the cloud is an error with its code, its words and the id of the request", async () => {
	const { client } = cloudThat(problem(409, "machine_busy"));
	const error: unknown = await client.call("GET /api/v1/sales/{id}", { path: { id: "x" } }).catch((thrown) => thrown);
	if (!(error instanceof CloudProblem)) throw error;
	expect(error).toMatchObject({
		status: 409,
		code: "machine_busy",
		message: "It is machine_busy.",
		requestId: "request-1",
	});
	const other = cloudThat(new Response("<html>", { status: 418 })).client.call("GET /health");
	await expect(other).rejects.toMatchObject({ code: "not_the_cloud", status: 418 });
});

test("4.1 a POST whose answer is lost is asked again under the same key, and waits as long as it is told", async () => {
	const { client, asked, waits } = cloudThat("no answer", problem(503, "payments_off", { "retry-after": "7" }));
	await client.call("POST /api/v1/orders/{id}/manual_refund", {
		path: { id: "sale-1" },
		body: { reason: "asked", amountCents: 100 },
	});
	const keys = asked.map(({ headers }) => headers.get("idempotency-key"));
	expect([new Set(keys).size, keys.length, waits]).toEqual([1, 3, [500, 7_000]]);
});

test("4.1 after three more tries it is an error; what may not be done twice is asked once", async () => {
	const lost = cloudThat("no answer", "no answer", "no answer", "no answer", "no answer");
	await expect(lost.client.call("GET /health")).rejects.toThrow(TypeError);
	expect(lost.asked).toHaveLength(4);
	for (const ask of [
		(client: CloudClient) => client.call("PATCH /api/v1/tenant", { body: {} }),
		(client: CloudClient) => client.call("POST /api/v1/auth/refresh", { body: { refreshToken: "x" } }),
	]) {
		const once = cloudThat("no answer");
		await expect(ask(once.client)).rejects.toThrow(TypeError);
		expect(once.asked).toHaveLength(1);
	}
});

test("4.1 all pages of a list come one after the other", async () => {
	const { client, asked } = cloudThat(
		Response.json({ ok: true, data: [{ id: "a" }], meta: { nextCursor: "next" } }),
		Response.json({ ok: true, data: [{ id: "b" }], meta: { nextCursor: null } }),
	);
	const found: string[] = [];
	for await (const { id } of client.all("GET /api/v1/machines", { query: { limit: 1 } })) found.push(id);
	expect(found).toEqual(["a", "b"]);
	expect(asked[1]?.url).toBe("http://cloud.test/api/v1/machines?limit=1&cursor=next");
});
