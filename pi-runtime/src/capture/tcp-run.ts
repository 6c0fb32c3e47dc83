import { connect, type Socket } from "node:net";
import { errorText } from "../error-text.ts";
import type { RawRun, RawRunListener, RawStream } from "./raw-source.ts";
import type { CameraMode } from "./rpicam.ts";

/**
 * Somebody who listens at `tcp://host:port` and sends raw I420 without padding, full range: the simulator, or `ffmpeg` and
 * `rpicam-vid` on another machine.
 */
export function tcpStream(url: string, { width, height }: CameraMode): RawStream {
	return { name: url, layout: { width, height, stride: width }, launch: (listener) => new TcpRun(url, listener) };
}

/** One connection. */
class TcpRun implements RawRun {
	readonly #socket: Socket;
	readonly #ended: Promise<void>;
	#reason = "closed the connection";

	constructor(url: string, { onBytes, onEnd }: RawRunListener) {
		const { hostname, port } = new URL(url);
		this.#socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
		this.#socket.on("data", onBytes);
		this.#socket.on("error", (error) => {
			this.#reason = `cannot be reached: ${errorText(error)}`;
		});
		this.#ended = new Promise((resolve) => {
			this.#socket.on("close", () => {
				onEnd(`${this.#reason}.`, null);
				resolve();
			});
		});
	}

	kill(reason: string): void {
		this.#reason = reason;
		this.#socket.destroy();
	}

	async end(): Promise<void> {
		this.#socket.destroy();
		await this.#ended;
	}
}
