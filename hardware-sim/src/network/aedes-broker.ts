import { timingSafeEqual } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type Client } from "aedes";
import { mayUse } from "./access.ts";
import type { BrokerUser, RunningBroker } from "./running-broker.ts";

/**
 * An MQTT 3.1.1 broker inside this process, reachable from this machine alone. It needs nothing installed, and it is
 * no broker for a real network: see `startMosquitto`.
 */
export async function startAedes(options: {
	readonly users: readonly BrokerUser[];
	/** 0 or absent takes a free one. */
	readonly port?: number | undefined;
}): Promise<RunningBroker> {
	const passwords = new Map(options.users.map(({ username, password }) => [username, Buffer.from(password)]));
	const names = new WeakMap<Client, string>();
	const nameOf = (client: Client | null) => (client === null ? "" : (names.get(client) ?? ""));
	const broker = await Aedes.createBroker({
		authenticate(client, username, password, done) {
			const expected = username === undefined ? undefined : passwords.get(username);
			const granted = username !== undefined && expected !== undefined && sameBytes(expected, password);
			if (granted) names.set(client, username);
			done(null, granted);
		},
		// MQTT 3.1.1 has no answer that says "not allowed" to a publish: the connection ends (section 3.3.5).
		authorizePublish(client, { topic }, done) {
			const name = nameOf(client);
			done(mayUse(name, topic) ? null : new Error(`user '${name}' may not publish on '${topic}'`));
		},
		authorizeSubscribe(client, subscription, done) {
			done(null, mayUse(nameOf(client), subscription.topic) ? subscription : null);
		},
	});
	const sockets = new Set<Socket>();
	let server = newServer();
	let port = await listen(server, options.port ?? 0);

	function newServer(): Server {
		return createServer((socket) => {
			sockets.add(socket);
			socket.once("close", () => sockets.delete(socket));
			broker.handle(socket);
		});
	}

	async function stopListening(): Promise<void> {
		for (const socket of sockets) socket.destroy();
		if (!server.listening) return;
		await new Promise<void>((resolve) => server.close(() => resolve()));
	}

	return {
		kind: "aedes",
		url: `mqtt://127.0.0.1:${port}`,
		// The broker's memory stands in for its disk: it outlives the server, as the sessions of a real one do.
		kill: stopListening,
		async restart() {
			if (server.listening) return;
			server = newServer();
			port = await listen(server, port);
		},
		async close() {
			await stopListening();
			await new Promise<void>((resolve) => broker.close(() => resolve()));
		},
	};
}

function listen(server: Server, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => {
			const address = server.address();
			if (typeof address === "object" && address !== null) resolve(address.port);
			else reject(new Error(`The MQTT broker listens on no TCP port: ${String(address)}`));
		});
	});
}

function sameBytes(expected: Buffer, given: Buffer | undefined): boolean {
	return given !== undefined && expected.length === given.length && timingSafeEqual(expected, given);
}
