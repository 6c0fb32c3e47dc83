import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registerFleet } from "../fleet/register-fleet.ts";
import { serveCloud } from "../fleet/served-cloud.ts";
import { startMosquitto } from "../network/mosquitto.ts";
import { serveStripe } from "../stripe/serve.ts";
import { deviceListP99Ms } from "./cloud/device-list-bench.ts";
import { type IngestBench, ingestBench } from "./cloud/ingest-bench.ts";
import { serveReference } from "./cloud/reference-cloud.ts";
import { requestsPerCpuSecond, unlockRequests, type WarmUp } from "./cloud/unlock-bench.ts";
import { writerBench } from "./cloud/writer-bench.ts";

/** What the cloud costs on this computer, measured in one run. */
export interface CloudBench {
	/** Unlocks that are answered in a CPU second of the server; `reference` is undefined where there is no Python. */
	readonly unlocksPerCpuSecond: { readonly ours: number; readonly reference: number | undefined };
	/** Sales that are committed in a second for 32 who wait for theirs. */
	readonly salesASecond: { readonly ours: number; readonly raw: number };
	/** A list of devices, 99th percentile. */
	readonly deviceListMs: { readonly p99: number; readonly devices: number };
	readonly ingest: IngestBench;
}

export interface CloudBenchOptions {
	readonly devices: number;
	readonly unlocks: number;
	readonly warmUp: WarmUp;
	readonly sales: number;
	/** At least 10. */
	readonly messages: number;
	/** A Python that has the packages of the reference; without one it is left out. See `referencePython`. */
	readonly python: string | undefined;
	onProgress(line: string): void;
	/** Where the built modules of `bench/cloud` lie, where this one runs unbuilt. */
	readonly built?: URL | undefined;
}

const password = "the-cloud-of-the-bench";
/** Long ones: at the end of each the last messages wait a quarter of a second for others. */
const ingestRounds = 5;
const ingestWarmUpRounds = 3;

/** Runs for some minutes. Answers `absent` with one line for people where mosquitto is missing. */
export async function cloudBench(options: CloudBenchOptions): Promise<CloudBench | { readonly absent: string }> {
	const { onProgress, python } = options;
	const folder = await mkdtemp(join(tmpdir(), "visionvend-bench-"));
	const broker = await startMosquitto({ users: [{ username: "cloud", password }], directory: folder, isBusy: true });
	if ("absent" in broker) {
		await rm(folder, { recursive: true, force: true });
		return broker;
	}
	const stripe = await serveStripe();
	try {
		const { warmUp } = options;
		const count = options.unlocks + warmUp.requests;
		onProgress(`registering ${options.devices / 2} machines and ${count} shoppers`);
		const fleet = await registerFleet({
			folder,
			machines: Math.max(count, Math.ceil(options.devices / 2)),
			shoppers: count,
			payments: stripe.simulator,
		});
		const outside = { stripeUrl: stripe.url, broker: { url: broker.url, password } };
		// Unlocks come last: nobody is at the machines, so that each is asked again and at last given up.
		const quiet = await serveCloud(fleet, outside);
		let p99: number;
		let ingest: IngestBench;
		try {
			onProgress("lists of devices");
			p99 = await deviceListP99Ms(fleet, quiet, 1_000);
			ingest = await ingestBench(fleet, quiet, outside.broker, {
				messages: options.messages,
				rounds: ingestRounds,
				warmUpRounds: ingestWarmUpRounds,
				onProgress,
				built: options.built,
			});
		} finally {
			await quiet.close();
		}
		onProgress("the writer");
		const salesASecond = await writerBench(folder, options.sales);
		const requests = unlockRequests(fleet);
		let reference: number | undefined;
		if (python !== undefined) {
			onProgress("unlock: FastAPI");
			const { jwtSecret } = fleet;
			const server = await serveReference(python, { folder, count, jwtSecret, payments: stripe.simulator, ...outside });
			try {
				reference = await requestsPerCpuSecond(server, requests, warmUp);
			} finally {
				await server.close();
			}
		}
		onProgress("unlock: the cloud");
		const cloud = await serveCloud(fleet, outside);
		try {
			return {
				unlocksPerCpuSecond: { ours: await requestsPerCpuSecond(cloud, requests, warmUp), reference },
				salesASecond,
				deviceListMs: { p99, devices: 2 * fleet.machines.length },
				ingest,
			};
		} finally {
			await cloud.close();
		}
	} finally {
		await stripe.close();
		await broker.close();
		await rm(folder, { recursive: true, force: true });
	}
}
