import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as a vision service got it. */
export interface SeenRequest {
	readonly path: string;
	readonly contentType: string;
	readonly authorization: string | undefined;
	readonly body: Buffer;
}

/** An HTTP service on a port of its own that answers as it is told, and remembers what it was asked. */
export class VisionService {
	readonly seen: SeenRequest[] = [];
	/** What it answers; `undefined`: nothing, ever. */
	answer: { status: number; body: string } | undefined = { status: 200, body: "{}" };
	readonly #server: Server;

	private constructor() {
		this.#server = createServer((request, response) => {
			void readAll(request).then((body) => {
				const { authorization, "content-type": contentType = "" } = request.headers;
				this.seen.push({ path: request.url ?? "", contentType, authorization, body });
				if (!this.answer) return;
				response.writeHead(this.answer.status, { "content-type": "application/json" });
				response.end(this.answer.body);
			});
		});
	}

	static async start(): Promise<VisionService> {
		const service = new VisionService();
		await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
		return service;
	}

	get url(): string {
		const { port } = this.#server.address() as AddressInfo;
		return `http://127.0.0.1:${port}`;
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	return Buffer.concat(parts);
}

/** The first bytes of a JPEG, and nothing more. */
export const jpegBytes = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]);
