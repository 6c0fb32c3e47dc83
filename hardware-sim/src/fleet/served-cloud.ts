import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../network/free-port.ts";
import { RoomProcess } from "../scenario/room-process.ts";
import { processUsage } from "./process-usage.ts";
import type { RegisteredFleet } from "./register-fleet.ts";

/** A server in a process of its own, whose costs are measured. */
export interface ServedApi {
	readonly url: string;
	readonly usage: () => ReturnType<typeof processUsage>;
	close(): Promise<void>;
}

export const cloudScript = fileURLToPath(import.meta.resolve("@visionvend/cloud-lite/cli"));
const readyWithinMs = 60_000;

/** Runs `visionvend-cloud serve` as an owner does. `onLog` hears each line of its log. */
export async function serveCloud(
	{ databaseUrl, jwtSecret }: RegisteredFleet,
	options: {
		readonly stripeUrl: string;
		readonly broker: { readonly url: string; readonly password: string };
		readonly onLog?: (entry: Readonly<Record<string, unknown>>) => void;
	},
): Promise<ServedApi> {
	const port = await freePort();
	const room = new RoomProcess({
		name: "cloud-lite",
		script: cloudScript,
		arguments: ["serve"],
		environment: {
			DATABASE_URL: databaseUrl,
			JWT_SECRET: jwtSecret,
			STRIPE_API_KEY: "sk_test_visionvend",
			STRIPE_API_BASE: options.stripeUrl,
			MQTT_BROKER_URL: options.broker.url,
			MQTT_USERNAME: "cloud",
			MQTT_PASSWORD: options.broker.password,
			HOST: "127.0.0.1",
			PORT: String(port),
		},
		onLine: options.onLog ?? (() => undefined),
	});
	const url = `http://127.0.0.1:${port}`;
	const untilMs = performance.now() + readyWithinMs;
	while (!(await answers(`${url}/health`))) {
		if (!room.running || performance.now() > untilMs) {
			await room.stop();
			throw new Error(`the cloud did not start:\n${room.complaints}`);
		}
		await setTimeout(50);
	}
	return { url, usage: () => processUsage(room.pid ?? 0), close: () => room.stop() };
}

/** Whether a server answers there, whatever it says. */
export async function answers(url: string): Promise<boolean> {
	return fetch(url).then(
		async (response) => {
			await response.arrayBuffer();
			return response.status < 500;
		},
		() => false,
	);
}
