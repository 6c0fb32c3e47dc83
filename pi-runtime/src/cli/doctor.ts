import { access, constants } from "node:fs/promises";
import { systemClock } from "@visionvend/sdk/clock";
import type { PiConfiguration } from "../configuration.ts";
import { errorText } from "../error-text.ts";
import { openStore } from "../store/store.ts";
import { connectBroker } from "./connect-broker.ts";

/** How long the broker may take to let this machine in. */
const brokerMs = 5_000;

/** Checks what the service needs, without starting it. Prints a line for each thing; resolves to whether all is well. */
export async function doctor(configuration: PiConfiguration, print: (line: string) => void): Promise<boolean> {
	const checks: [subject: string, check: () => Promise<string>][] = [
		["store", () => checkStore(configuration)],
		["controller", () => checkWire(configuration)],
		["broker", () => checkBroker(configuration)],
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
	const broker = await connectBroker(configuration, (problem) => {
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
