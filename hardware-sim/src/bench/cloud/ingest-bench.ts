import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Database, openDatabase } from "@visionvend/cloud-lite";
import { topics } from "@visionvend/sdk/device/topics";
import { z } from "zod";
import { processUsage } from "../../fleet/process-usage.ts";
import type { RegisteredFleet } from "../../fleet/register-fleet.ts";
import type { ServedApi } from "../../fleet/served-cloud.ts";

export interface IngestBench {
	/**
	 * Messages a second, median of the rounds: taken by a client that only counts, and stored by the cloud. Of a publisher,
	 * a broker and a subscriber that share this computer, for what an owner wants to know is how many machines one computer
	 * serves: both figures hold the cost of publisher and broker, which is the same.
	 */
	readonly bareASecond: number;
	readonly storedASecond: number;
	/** The same for a second of the process's CPU time. */
	readonly barePerCpuSecond: number;
	readonly storedPerCpuSecond: number;
	/**
	 * Resident memory of the cloud, the median of each round: those of the warm-up, in which V8 and SQLite take what they
	 * will keep, and those of `messages`. The growth is that of the median of their second half over that of their first.
	 */
	readonly memory: {
		readonly warmUpMegabytes: readonly number[];
		readonly megabytes: readonly number[];
		readonly growth: number;
		readonly messages: number;
	};
}

interface Round {
	readonly wallSeconds: number;
	readonly cpuSeconds: number;
}

interface StoredRound extends Round {
	/** Resident memory of the cloud, again and again. */
	readonly megabytes: readonly number[];
}

const bareRounds = 3;
const maximumIdleMs = 60_000;
const machinesThatSpeak = 1_000;

/** The same flood of health messages for a bare subscriber and then for the cloud, in rounds. */
export async function ingestBench(
	fleet: RegisteredFleet,
	cloud: ServedApi,
	broker: { readonly url: string; readonly password: string },
	options: {
		/** Of all rounds together; those of the warm-up, as large each, come before. */
		readonly messages: number;
		readonly rounds: number;
		readonly warmUpRounds: number;
		onProgress(line: string): void;
		/** Where built modules lie, where this one runs unbuilt. */
		readonly built?: URL | undefined;
	},
): Promise<IngestBench> {
	const messages = Math.floor(options.messages / options.rounds);
	const { built = new URL("./", import.meta.url) } = options;
	const publisher = fork(new URL("health-publisher.js", built), { execArgv: [] });
	const telemetry = await openDatabase(`file:${join(fleet.folder, "cloud-telemetry.db")}`, "process-crash");
	try {
		publisher.send({ ...broker, keys: keysOf(fleet) });
		await heard(publisher, "connected");
		let firstSeq = 1;
		const flood = async (usage: () => { cpuSeconds: number }, done: () => Promise<unknown>): Promise<Round> => {
			publisher.send({ firstSeq, messages });
			firstSeq += Math.ceil(messages / Math.min(machinesThatSpeak, fleet.machines.length));
			await heard(publisher, "ready");
			const before = usage().cpuSeconds;
			const fromMs = performance.now();
			const isDone = done();
			publisher.send("go");
			await isDone;
			return { wallSeconds: (performance.now() - fromMs) / 1_000, cpuSeconds: usage().cpuSeconds - before };
		};
		const store = async (name: string): Promise<StoredRound> => {
			options.onProgress(`ingest: ${messages} messages, ${name}`);
			const target = (await newestId(telemetry)) + messages;
			const megabytes: number[] = [];
			const look = () => megabytes.push(cloud.usage().residentBytes / 1e6);
			const round = await flood(cloud.usage, () => until(telemetry, target, look));
			return { ...round, megabytes };
		};
		const warmUp: StoredRound[] = [];
		while (warmUp.length < options.warmUpRounds) warmUp.push(await store("warm-up"));
		const stored: StoredRound[] = [];
		while (stored.length < options.rounds) stored.push(await store(`round ${stored.length + 1} of ${options.rounds}`));
		await cloud.close();
		options.onProgress("ingest: a bare subscriber");
		const bare = await withSubscriber(built, broker, messages, async (usage, taken) => {
			const rounds: Round[] = [];
			for (let round = 0; round < bareRounds; round += 1) rounds.push(await flood(usage, taken));
			return rounds;
		});
		const looks = stored.flatMap(({ megabytes }) => megabytes);
		const half = Math.ceil(looks.length / 2);
		return {
			bareASecond: messages / median(bare.map(({ wallSeconds }) => wallSeconds)),
			storedASecond: messages / median(stored.map(({ wallSeconds }) => wallSeconds)),
			barePerCpuSecond: messages / median(bare.map(({ cpuSeconds }) => cpuSeconds)),
			storedPerCpuSecond: messages / median(stored.map(({ cpuSeconds }) => cpuSeconds)),
			memory: {
				warmUpMegabytes: warmUp.map(({ megabytes }) => median(megabytes)),
				megabytes: stored.map(({ megabytes }) => median(megabytes)),
				growth: median(looks.slice(half)) / median(looks.slice(0, half)) - 1,
				messages: messages * options.rounds,
			},
		};
	} finally {
		telemetry.close();
		publisher.kill();
	}
}

function keysOf({ machines }: RegisteredFleet) {
	return machines
		.slice(0, machinesThatSpeak)
		.map(({ machineId, controllerKeys: { send } }) => ({ machineId, kid: send.kid, key: send.key }));
}

async function withSubscriber<Result>(
	built: URL,
	broker: { readonly url: string; readonly password: string },
	messages: number,
	work: (usage: () => ReturnType<typeof processUsage>, taken: () => Promise<unknown>) => Promise<Result>,
): Promise<Result> {
	const subscriber = fork(new URL("bare-subscriber.js", built), { execArgv: [] });
	try {
		subscriber.send({ ...broker, filter: topics("+").health, messages });
		await heard(subscriber, "subscribed");
		return await work(
			() => processUsage(subscriber.pid ?? 0),
			() => heard(subscriber, "taken"),
		);
	} finally {
		subscriber.kill();
	}
}

/** @throws Error when the process ends instead */
async function heard(child: ChildProcess, word: string): Promise<void> {
	const over = new AbortController();
	const { signal } = over;
	const ended = once(child, "exit", { signal }).then(([code]) => {
		throw new Error(`a process of the benchmark ended (${code}) before it was ${word}`);
	});
	// When it was heard first, nobody waits for this one any more.
	ended.catch(() => undefined);
	const [message] = await Promise.race([once(child, "message", { signal }), ended]);
	over.abort();
	if (message !== word) throw new Error(`a process of the benchmark said ${String(message)} instead of ${word}`);
}

async function newestId(telemetry: Database): Promise<number> {
	const [row] = await telemetry.read("SELECT COALESCE(MAX(id), 0) AS id FROM telemetry_raw");
	return z.object({ id: z.int() }).parse(row).id;
}

/** Resolves when so many rows are stored. `look` is called every few milliseconds till then, and at the end. */
async function until(telemetry: Database, target: number, look: () => void): Promise<void> {
	let newest = 0;
	let movedAtMs = performance.now();
	for (;;) {
		const found = await newestId(telemetry);
		look();
		if (found >= target) return;
		if (found > newest) movedAtMs = performance.now();
		newest = found;
		if (performance.now() - movedAtMs > maximumIdleMs) {
			throw new Error(`nothing more is stored: ${newest} of ${target} messages`);
		}
		await setTimeout(10);
	}
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
