import { execFile } from "node:child_process";
import { access, constants, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@visionvend/sdk/clock";
import { lightAdvice, pictureQuality } from "../calibrate/picture-quality.ts";
import { LiveView } from "../capture/live-view.ts";
import type { PiConfiguration } from "../configuration.ts";
import { startDetector } from "../detect/worker-detector.ts";
import { errorText } from "../error-text.ts";
import { leastDiskFree, readHost } from "../health/host-health.ts";
import type { RecordingConfiguration } from "../record/recording-configuration.ts";
import { machineInstallations } from "../release/installations.ts";
import { machineModelPath } from "../release/installed-model.ts";
import { openStore } from "../store/store.ts";
import { brokerAccounts, connectBroker } from "./connect-broker.ts";

/** How long the broker may take to let this machine in. */
const brokerMs = 5_000;

/** Checks what the service needs, without starting it. Prints a line for each thing; resolves to whether all is well. */
export async function doctor(configuration: PiConfiguration, print: (line: string) => void): Promise<boolean> {
	const checks: [subject: string, check: () => Promise<string>][] = [
		["store", () => checkStore(configuration)],
		["controller", () => checkWire(configuration)],
		["broker", () => checkBroker(configuration)],
		["disk", () => checkDisk(configuration)],
		...visionChecks(configuration),
	];
	let well = true;
	print(`ok    configuration  machine ${configuration.machineId}, ${configuration.products.length} products`);
	for (const [subject, check] of checks) {
		try {
			print(`ok    ${subject.padEnd(13)}  ${await check()}`);
		} catch (error) {
			well = false;
			print(`FAIL  ${subject.padEnd(13)}  ${errorText(error)}`);
		}
	}
	return well;
}

/** What cameras and detector need; nothing where there are none. */
function visionChecks({ vision }: PiConfiguration): [subject: string, check: () => Promise<string>][] {
	if (vision === undefined) return [];
	const { cameras, width, height, framesPerSecond, model, recording } = vision;
	const { folder } = machineInstallations(process.env)["visionvend-model"];
	return [
		["model", async () => checkModel(model ?? (await machineModelPath(folder)))],
		...cameras.map((name, camera): [string, () => Promise<string>] => [
			`camera ${camera}`,
			() => checkCamera(name, { camera, width, height, framesPerSecond }),
		]),
		...(recording === undefined
			? []
			: [["recording", () => checkRecording(recording)] as [string, () => Promise<string>]]),
	];
}

async function checkModel(model: string): Promise<string> {
	const detector = await startDetector({ model, clock: systemClock });
	try {
		const { family, labels, size } = detector.model;
		return `${model}: ${family}, ${labels.length} classes, ${size.join(" × ")}`;
	} finally {
		await detector.close();
	}
}

async function checkCamera(
	name: string,
	mode: { readonly camera: number; readonly width: number; readonly height: number; readonly framesPerSecond: number },
): Promise<string> {
	const view = new LiveView(name, { ...mode, clock: systemClock });
	try {
		const frame = await view.next();
		const quality = pictureQuality(frame);
		const advice = lightAdvice(quality);
		if (advice.length > 0) throw new Error(`${name} gives pictures, but: ${advice.join(" ")}`);
		return `${name}: ${frame.width} × ${frame.height}, brightness ${quality.brightness.toFixed(0)}, sharpness ${quality.sharpness.toFixed(0)}`;
	} finally {
		await view.close();
	}
}

async function checkRecording({ folder, codec }: RecordingConfiguration): Promise<string> {
	const { stdout } = await promisify(execFile)("ffmpeg", ["-hide_banner", "-encoders"]).catch((error: unknown) => {
		throw new Error("ffmpeg is not installed: sudo apt install ffmpeg", { cause: error });
	});
	if (!stdout.includes(` ${codec} `))
		throw new Error(`This ffmpeg cannot encode with ${codec}. Set recording.codec to libx264.`);
	await mkdir(folder, { recursive: true });
	await access(folder, constants.W_OK);
	return `${folder} can be written, ffmpeg encodes with ${codec}`;
}

async function checkDisk({ databaseUrl }: PiConfiguration): Promise<string> {
	const folder = dirname(databaseUrl.replace(/^file:/, ""));
	const { diskFree } = await readHost(folder);
	if (diskFree === undefined) throw new Error(`${folder} does not exist, or its disk tells nothing.`);
	const percent = Math.round(diskFree * 100);
	if (diskFree < leastDiskFree) throw new Error(`${percent} % of the disk of ${folder} is free; sales need a tenth.`);
	return `${percent} % of the disk of ${folder} is free`;
}

async function checkStore({ databaseUrl }: PiConfiguration): Promise<string> {
	const store = await openStore(databaseUrl);
	const { unacknowledged, messages } = await store.counts();
	store.close();
	return `${databaseUrl}: WAL, synchronous=FULL, ${unacknowledged} reports and ${messages} messages wait`;
}

async function checkWire({ uart }: PiConfiguration): Promise<string> {
	if (uart.startsWith("tcp:")) return `${uart} (not opened: the other side may serve one client only)`;
	await access(uart, constants.R_OK | constants.W_OK).catch((error: unknown) => {
		throw new Error(
			`${errorText(error)}. Is the UART on (raspi-config, Interface Options, Serial Port), and this user in the group dialout?`,
		);
	});
	return `${uart} can be read and written`;
}

async function checkBroker(configuration: PiConfiguration): Promise<string> {
	let lastProblem = "";
	const broker = await connectBroker(configuration, await brokerAccounts(configuration), (problem) => {
		lastProblem = ` It says: ${problem}.`;
	});
	try {
		await new Promise<void>((resolve, reject) => {
			if (broker.connected) {
				resolve();
				return;
			}
			const cancel = systemClock.after(brokerMs, () =>
				reject(
					new Error(
						`${configuration.broker.url} does not let this machine in within ${brokerMs / 1_000} s. Check address, username, password and caFile.${lastProblem}`,
					),
				),
			);
			broker.onConnectionChange((connected) => {
				if (!connected) return;
				cancel();
				resolve();
			});
		});
	} finally {
		await broker.close();
	}
	return `${configuration.broker.url} lets this machine in as ${configuration.broker.username}`;
}
