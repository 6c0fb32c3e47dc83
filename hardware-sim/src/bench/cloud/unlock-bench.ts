import { setTimeout } from "node:timers/promises";
import { machineIdOf, type RegisteredFleet } from "../../fleet/register-fleet.ts";
import type { ServedApi } from "../../fleet/served-cloud.ts";
import { type LoadRequest, sendAll } from "./http-load.ts";

const connections = 32;
/** For what an answered request leaves to be done: its message, and the row that says that it is sent. */
const settleMs = 500;

/** One request a machine and shopper, each with an idempotency key. */
export function unlockRequests({ tokens }: RegisteredFleet): LoadRequest[] {
	return tokens.map((token, index) => ({
		method: "POST",
		path: "/unlock",
		headers: {
			authorization: `Bearer ${token}`,
			"content-type": "application/json",
			"idempotency-key": `unlock-${index}`,
		},
		body: JSON.stringify({ machine_id: machineIdOf(index) }),
	}));
}

/** Requests that a CPU second of the server answers; the first `warmUp` are not counted. */
export async function requestsPerCpuSecond(
	server: ServedApi,
	requests: readonly LoadRequest[],
	warmUp: number,
): Promise<number> {
	await sendAll(server.url, requests.slice(0, warmUp), connections);
	await setTimeout(settleMs);
	const before = server.usage().cpuSeconds;
	const counted = requests.slice(warmUp);
	await sendAll(server.url, counted, connections);
	await setTimeout(settleMs);
	return counted.length / (server.usage().cpuSeconds - before);
}
