import { createServer, type Server, type Socket } from "node:net";
import type { SimulationClock } from "../clock.ts";
import type { CameraFeed } from "./camera-feed.ts";
import { cameraDelayNs } from "./fridge-camera.ts";

/** What the simulated cameras give. */
export const servedMode = Object.freeze({ width: 640, height: 360, framesPerSecond: 8 });

const periodNs = 1_000_000_000 / servedMode.framesPerSecond;

/**
 * The two cameras of a fridge, each behind a TCP port of its own, as raw I420: the Pi opens them with
 * `tcp://127.0.0.1:port`. Who reads too slowly loses whole pictures, as with a camera.
 */
export class CameraServer {
	readonly #servers: Server[] = [];
	readonly #sockets: Set<Socket>[] = [new Set(), new Set()];
	readonly #ports: number[] = [];
	#isClosed = false;

	/** Listens on free ports of the loopback interface. `feed` gives pictures of {@link servedMode}. */
	static async open(feed: CameraFeed, clock: SimulationClock): Promise<CameraServer> {
		const server = new CameraServer();
		for (const sockets of server.#sockets) await server.#listen(sockets);
		const show = (): void => {
			if (server.#isClosed) return;
			server.#show(feed, clock.now - cameraDelayNs);
			clock.callbackAfter(periodNs, show);
		};
		clock.callbackAfter(periodNs, show);
		return server;
	}

	/** As the Pi's configuration names them, camera 0 first. */
	get urls(): readonly string[] {
		return this.#ports.map((port) => `tcp://127.0.0.1:${port}`);
	}

	/** How many look at a camera. */
	get viewers(): number {
		return this.#sockets.reduce((sum, { size }) => sum + size, 0);
	}

	/** Sends what is under way, ends the connections and listens no longer. */
	async close(): Promise<void> {
		this.#isClosed = true;
		for (const sockets of this.#sockets) for (const socket of sockets) socket.destroySoon();
		await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
	}

	#show(feed: CameraFeed, atNs: number): void {
		for (const [camera, sockets] of this.#sockets.entries()) {
			const ready = [...sockets].filter(({ writableNeedDrain }) => !writableNeedDrain);
			if (ready.length === 0) continue;
			const { data } = feed.frame(camera, atNs);
			for (const socket of ready) socket.write(data);
		}
	}

	async #listen(sockets: Set<Socket>): Promise<void> {
		const server = createServer((socket) => {
			sockets.add(socket);
			// A Pi that is killed resets the connection.
			socket.on("error", () => sockets.delete(socket));
			socket.on("close", () => sockets.delete(socket));
		});
		this.#servers.push(server);
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(0, "127.0.0.1", resolve);
		});
		const address = server.address();
		if (address === null || typeof address === "string") throw new Error("The camera server has no port.");
		this.#ports.push(address.port);
	}
}
