import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import { AddressGuard } from "./address-guard.ts";
import {
	guardedSender,
	type OutgoingRequest,
	RequestRefused,
	type ResolveHost,
	Unreachable,
} from "./guarded-sender.ts";

const servers: Server[] = [];

afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

/** A server on an address of this machine; answers its port. */
function listen(address: string, answer: RequestListener, port = 0): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer(answer);
		servers.push(server);
		server.once("error", reject);
		server.listen(port, address, () => {
			const bound = server.address();
			resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
		});
	});
}

function sender(
	options: { allowed?: readonly string[]; resolve?: ResolveHost; clock?: TestClock; timeoutMs?: number } = {},
) {
	return guardedSender({
		guard: new AddressGuard(options.allowed ?? []),
		clock: options.clock ?? new TestClock(),
		resolve: options.resolve ?? (async () => ["127.0.0.1"]),
		timeoutMs: options.timeoutMs,
	});
}

function post(url: string): OutgoingRequest {
	return { url, method: "POST", headers: { "content-type": "text/plain" }, body: "hello" };
}

test.each([
	"http://127.0.0.1/",
	"https://127.0.0.1/",
	"https://2130706433/",
	"https://0x7f.1/",
	"https://0177.0.0.1/",
	"https://127.1/",
	"https://[::1]/",
	"https://[::ffff:127.0.0.1]/",
	"https://[::ffff:7f00:1]/",
	"https://169.254.169.254/latest/meta-data/",
	"https://[fd00:ec2::254]/",
	"https://localhost/",
	"https://metadata.google.internal/",
	"https://user:password@example.com/",
	"ftp://example.com/",
	"file:///etc/passwd",
	"gopher://example.com/",
	"javascript:alert(1)",
	"//example.com/",
	"example.com",
	"",
])("%s is refused before anything is sent", async (url) => {
	await expect(sender()(post(url))).rejects.toThrow(RequestRefused);
});

test("a name with one private address among public ones is refused", async () => {
	const send = sender({ resolve: async () => ["8.8.8.8", "10.0.0.5"] });
	await expect(send(post("https://two-faces.example/"))).rejects.toThrow("10.0.0.5 is not public (private)");
});

test("plain http to a public host is refused", async () => {
	const send = sender({ resolve: async () => ["8.8.8.8"] });
	await expect(send(post("http://public.example/"))).rejects.toThrow("must be reached over https");
});

test("a name is resolved once, and the connection goes to the address that was checked", async () => {
	let asked = 0;
	const rebinding: ResolveHost = async () => {
		asked += 1;
		return [asked === 1 ? "127.0.0.2" : "127.0.0.1"];
	};
	let hosts: (string | undefined)[] = [];
	const port = await listen("127.0.0.2", (request, response) => {
		hosts = [...hosts, request.headers.host];
		response.end("checked");
	});
	await listen("127.0.0.1", (_request, response) => response.end("inside"), port);
	const send = sender({ allowed: ["127.0.0.2/32"], resolve: rebinding });
	const answer = await send(post(`http://rebind.example:${port}/`));
	expect(answer).toMatchObject({ status: 200, body: "checked" });
	expect(asked).toBe(1);
	expect(hosts).toEqual([`rebind.example:${port}`]);
	await expect(send(post(`http://rebind.example:${port}/`))).rejects.toThrow("127.0.0.1 is not public (loopback)");
});

test("a redirect is an answer, and is not followed", async () => {
	const port = await listen("127.0.0.1", (_request, response) => {
		response.writeHead(302, { location: "http://169.254.169.254/" });
		response.end();
	});
	const answer = await sender({ allowed: ["127.0.0.0/8"] })(post(`http://127.0.0.1:${port}/`));
	expect(answer.status).toBe(302);
});

test("of an endless answer 64 KiB are read", async () => {
	const port = await listen("127.0.0.1", (_request, response) => {
		const more = (): void => {
			while (!response.destroyed && response.write("x".repeat(10_000)));
		};
		response.on("drain", more);
		more();
	});
	const answer = await sender({ allowed: ["127.0.0.0/8"] })(post(`http://127.0.0.1:${port}/`));
	expect(answer.body).toHaveLength(64 * 1024);
});

test("who says nothing within the time is given up", async () => {
	const clock = new TestClock();
	let arrive = (): void => undefined;
	const arrived = new Promise<void>((resolve) => {
		arrive = resolve;
	});
	const port = await listen("127.0.0.1", () => arrive());
	const answer = sender({ allowed: ["127.0.0.0/8"], clock, timeoutMs: 5_000 })(post(`http://127.0.0.1:${port}/`));
	const refusal = expect(answer).rejects.toThrow("nothing within 5000 ms");
	await arrived;
	clock.step(clock.now() + 5_000);
	await refusal;
	await expect(answer).rejects.toThrow(Unreachable);
});

test("who closes the connection, and who has no name, is unreachable", async () => {
	const port = await listen("127.0.0.1", (request) => request.socket.destroy());
	const send = sender({ allowed: ["127.0.0.0/8"] });
	await expect(send(post(`http://127.0.0.1:${port}/`))).rejects.toThrow(Unreachable);
	const nobody = sender({
		resolve: async () => {
			throw new Error("getaddrinfo ENOTFOUND nobody.example");
		},
	});
	await expect(nobody(post("https://nobody.example/"))).rejects.toThrow(Unreachable);
});
