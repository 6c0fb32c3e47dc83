import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openDatabase } from "@visionvend/cloud-lite";
import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { z } from "zod";
import { startMosquitto } from "../network/mosquitto.ts";
import { serveStripe } from "../stripe/serve.ts";
import { LightDevice } from "./light-device.ts";
import { fleetProducts, machineIdOf, registerFleet } from "./register-fleet.ts";
import { type ServedApi, serveCloud } from "./served-cloud.ts";

export interface FleetOptions {
	readonly devices: number;
	/** At as many machines; half of them before the broker restarts, half while it does. */
	readonly sales: number;
	/** Each device says how it is once in this time. */
	readonly beatMs: number;
	/** After a lost connection a device waits anything up to this before it tries again, then up to twice as long. */
	readonly reconnectMs: number;
	onProgress(line: string): void;
}

export interface FleetFigures {
	readonly devices: number;
	/** Until all were connected for the first time, and again after the broker's restart. */
	readonly connectSeconds: number;
	readonly reconnectSeconds: number;
	/** Devices that were connected again. */
	readonly back: number;
	/** Health messages that devices made, and that the cloud has. */
	readonly beats: number;
	readonly stored: number;
	readonly sales: number;
	/** Sales that were paid, and what the payment network says was taken, in cents. */
	readonly captured: number;
	readonly takenCents: number;
	readonly expectedCents: number;
	/** CPU seconds of the cloud from its start on, and its resident memory at the end. */
	readonly cloudCpuSeconds: number;
	readonly cloudMegabytes: number;
}

const password = "the-cloud-of-the-fleet";
/** New connections in a second: as fast as one computer that plays both ends can. */
const connectsASecond = 500;
const patienceMs = 240_000;
/** Files and connections of a process beside those to the devices. */
const otherFiles = 500;

/**
 * Many devices at one Mosquitto and one cloud, on this computer: each says how it is, some sell, and the broker restarts
 * meanwhile. Answers `absent` with one line for people where this computer lacks something.
 */
export async function runFleet(options: FleetOptions): Promise<FleetFigures | { readonly absent: string }> {
	const { onProgress, devices: count } = options;
	const limit = await mostOpenFiles();
	if (limit < count + otherFiles) {
		return {
			absent: `${count} devices need ${count + otherFiles} open files, and ${limit} are allowed: ulimit -n ${count + otherFiles}`,
		};
	}
	const folder = await mkdtemp(join(tmpdir(), "visionvend-fleet-"));
	const stripe = await serveStripe();
	try {
		onProgress(`registering ${count} machines`);
		const fleet = await registerFleet({
			folder,
			machines: count,
			shoppers: options.sales,
			payments: stripe.simulator,
		});
		const users = [{ username: "cloud", password }, ...fleet.machines.map(({ broker }) => broker)];
		const broker = await startMosquitto({ users, directory: folder, isBusy: true });
		if ("absent" in broker) return broker;
		try {
			const cloud = await serveCloud(fleet, { stripeUrl: stripe.url, broker: { url: broker.url, password } });
			const common = { products: fleetProducts, reconnectMs: options.reconnectMs };
			const devices = fleet.machines.map(
				(machine) => new LightDevice({ ...common, machine, clock: systemClock, random: systemRandom }),
			);
			let beating: (() => void)[] = [];
			const endBeats = (): void => {
				for (const end of beating) end();
				beating = [];
			};
			try {
				onProgress("connecting");
				const connectSeconds = await seconds(() => connectAll(devices, broker.url));
				beating = devices.map((device) => beat(device, options.beatMs));
				onProgress("everybody says how it is, and the first sales");
				const earlySales = Math.ceil(options.sales / 2);
				await sell(cloud, fleet.tokens, 0, earlySales);
				await setTimeout(options.beatMs);
				onProgress("the broker restarts, and the other sales");
				await broker.close();
				await until(() => devices.every(({ connected }) => !connected), "all connections end");
				await broker.restart();
				const reconnectSeconds = await seconds(async () => {
					await sell(cloud, fleet.tokens, earlySales, options.sales);
					await until(() => devices.every(({ connected }) => connected), "all devices are back");
				});
				await setTimeout(options.beatMs);
				endBeats();
				await until(() => devices.every(({ unsent }) => unsent === 0), "everything is sent");
				const { simulator } = stripe;
				await until(
					() => simulator.paymentIntents().filter(({ status }) => status === "succeeded").length === options.sales,
					"all sales are paid",
				);
				const beats = devices.reduce((sum, device) => sum + device.beats, 0);
				const intents = simulator.paymentIntents();
				const { cpuSeconds, residentBytes } = cloud.usage();
				return {
					devices: count,
					connectSeconds,
					reconnectSeconds,
					back: devices.filter(({ connected }) => connected).length,
					beats,
					stored: await storedBeats(folder, beats),
					sales: options.sales,
					captured: intents.filter(({ status }) => status === "succeeded").length,
					takenCents: intents.reduce((sum, { amount_received }) => sum + amount_received, 0),
					expectedCents: options.sales * (fleetProducts[0]?.priceCents ?? 0),
					cloudCpuSeconds: cpuSeconds,
					cloudMegabytes: residentBytes / 1e6,
				};
			} finally {
				endBeats();
				await Promise.all(devices.map((device) => device.close()));
				await cloud.close();
			}
		} finally {
			await broker.close();
		}
	} finally {
		await stripe.close();
		await rm(folder, { recursive: true, force: true });
	}
}

/** The first attempts are spread evenly. */
async function connectAll(devices: readonly LightDevice[], url: string): Promise<void> {
	const fromMs = performance.now();
	await Promise.all(
		devices.map(async (device, index) => {
			await setTimeout((1_000 * index) / connectsASecond);
			await device.connect(url);
		}),
	);
	await until(() => devices.every(({ connected }) => connected), "all devices are connected", fromMs);
}

/** From a moment within the first period on, which is another one for each. Answers what ends it. */
function beat(device: LightDevice, everyMs: number): () => void {
	const [high = 0, low = 0] = systemRandom(2);
	const again = (): void => {
		device.beat();
		cancel = systemClock.after(everyMs, again);
	};
	let cancel = systemClock.after((everyMs * (high * 256 + low)) / 65_536, again);
	return () => cancel();
}

/** @throws Error when a sale is refused */
async function sell(cloud: ServedApi, tokens: readonly string[], from: number, to: number): Promise<void> {
	for (let index = from; index < to; index += 1) {
		const answer = await fetch(`${cloud.url}/unlock`, {
			method: "POST",
			headers: { authorization: `Bearer ${tokens[index]}`, "content-type": "application/json" },
			body: JSON.stringify({ machine_id: machineIdOf(index) }),
		});
		if (!answer.ok) throw new Error(`POST /unlock answered ${answer.status}: ${await answer.text()}`);
		await answer.arrayBuffer();
	}
}

async function storedBeats(folder: string, beats: number): Promise<number> {
	const telemetry = await openDatabase(`file:${join(folder, "cloud-telemetry.db")}`, "process-crash");
	const count = async (): Promise<number> => {
		const [row] = await telemetry.read("SELECT COUNT(*) AS stored FROM telemetry_raw");
		return z.object({ stored: z.int() }).parse(row).stored;
	};
	try {
		await until(async () => (await count()) >= beats, "everything is stored");
		return await count();
	} finally {
		telemetry.close();
	}
}

async function seconds(work: () => Promise<void>): Promise<number> {
	const fromMs = performance.now();
	await work();
	return (performance.now() - fromMs) / 1_000;
}

/** @throws Error when it has not come true after some minutes */
async function until(
	condition: () => boolean | Promise<boolean>,
	what: string,
	fromMs = performance.now(),
): Promise<void> {
	while (!(await condition())) {
		if (performance.now() - fromMs > patienceMs) throw new Error(`${patienceMs / 1_000} s went by, and not: ${what}`);
		await setTimeout(20);
	}
}

/** Of one process; Node raises its own limit to the hard one, and what it starts inherits that. Linux says it in `/proc`. */
async function mostOpenFiles(): Promise<number> {
	const limits = await readFile("/proc/self/limits", "utf8");
	const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
	return soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
