import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@visionvend/sdk/clock";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { createCloud } from "../app.ts";

/** The OpenAPI document, from a cloud that talks to nobody. */
export async function describeRoutes(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "visionvend-openapi-"));
	const offline: MessageBroker = {
		publish: () => Promise.reject(new Error("there is no broker")),
		subscribe: () => Promise.resolve(),
		onConnectionChange: () => undefined,
		connected: false,
		close: () => Promise.resolve(),
	};
	const cloud = await createCloud(
		{ databaseUrl: `file:${join(folder, "empty.db")}`, jwtSecret: Buffer.from(systemRandom(48)).toString("base64url") },
		{ clock: systemClock, random: systemRandom, broker: offline, stripe: undefined, log: () => undefined },
	);
	try {
		return await (await cloud.app.request("/openapi.json")).text();
	} finally {
		await cloud.close();
		await rm(folder, { recursive: true, force: true });
	}
}
