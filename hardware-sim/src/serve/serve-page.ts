import { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createApp } from "./app.ts";
import { LiveStage, type LiveStageOptions } from "./live-stage.ts";
import { readPage } from "./page-files.ts";

export interface ServePageOptions extends LiveStageOptions {
	/** TCP port; 0 takes a free one. */
	readonly port: number;
	/** `127.0.0.1` for this computer only. */
	readonly host: string;
}

export interface ServedPage {
	/** Where the browser goes: `http://127.0.0.1:8765/`. */
	readonly url: string;
	readonly live: LiveStage;
	close(): Promise<void>;
}

/** Sets up a machine and serves its page. Rejects when the port is taken or the page is not built. */
export async function servePage(options: ServePageOptions): Promise<ServedPage> {
	const page = readPage();
	const live = await LiveStage.open(options);
	try {
		const { server, port } = await listen(createApp(live, page), options);
		return {
			url: `http://${options.host === "0.0.0.0" ? "127.0.0.1" : options.host}:${port}/`,
			live,
			async close() {
				await live.close();
				server.closeAllConnections();
				await new Promise<void>((resolve) => server.close(() => resolve()));
			},
		};
	} catch (error) {
		await live.close();
		throw error;
	}
}

function listen(
	{ fetch }: ReturnType<typeof createApp>,
	{ port, host }: ServePageOptions,
): Promise<{ server: Server; port: number }> {
	return new Promise((resolve, reject) => {
		const server = serve({ hostname: host, port, fetch }, (address) => {
			if (server instanceof Server) resolve({ server, port: address.port });
			else reject(new TypeError("servePage: expected a plain HTTP server"));
		});
		server.once("error", reject);
	});
}
