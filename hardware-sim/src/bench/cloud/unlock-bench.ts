import { setTimeout } from "node:timers/promises";
import { machineIdOf, type RegisteredFleet } from "../../fleet/register-fleet.ts";
import type { ServedApi } from "../../fleet/served-cloud.ts";
import { type LoadRequest, sendAll } from "./http-load.ts";

const connections = 32;
/** For what an answered request leaves to be done: its message, and the row that says that it is sent. */
const settleMs = 500;

/** Requests that come before those that count. */
export interface WarmUp {
	/** Enough that the server's code is compiled for good: V8 still compiles in other threads after two thousand. */
	readonly requests: number;
	/** Until their sales are over: nobody is at the machines, so that the cloud asks them again and at last gives up. */
	readonly restMs: number;
}

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

/** Requests that a CPU second of the server answers, of those that come after the warm-up. */
export async function requestsPerCpuSecond(
	server: ServedApi,
	requests: readonly LoadRequest[],
	warmUp: WarmUp,
): Promise<number> {
	await sendAll(server.url, requests.slice(0, warmUp.requests), connections);
	await setTimeout(settleMs + warmUp.restMs);
	const before = server.usage().cpuSeconds;
	const counted = requests.slice(warmUp.requests);
	await sendAll(server.url, counted, connections);
	await setTimeout(settleMs);
	return counted.length / (server.usage().cpuSeconds - before);
}
