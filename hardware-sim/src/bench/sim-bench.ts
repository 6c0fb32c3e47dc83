import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Board } from "../board/board.ts";
import { runCampaign } from "../campaign/campaign.ts";
import { SimulationClock } from "../clock.ts";
import type { DeviceEngine } from "../engine/engine.ts";
import { createNodeEngine } from "../engine/node-engine.ts";
import { createXsEngine } from "../engine/xs-engine.ts";
import { MemoryStorage } from "../machine/memory-storage.ts";
import { SeededRandom } from "../random.ts";
import { playInMemory } from "../scenario/play-in-memory.ts";
import type { XsHost } from "../xs/build.ts";

/** What the simulator costs on this computer, measured in one run. */
export interface SimBench {
	/** Virtual time over wall time of a whole sale, cloud and Pi included. */
	readonly saleSpeed: { readonly node: number; readonly xs: number | undefined };
	/** Microseconds of one call from the firmware to its hardware. */
	readonly hostCallMicroseconds: { readonly node: number; readonly xs: number | undefined };
	/** Millions of hardware events that the clock carries out in a second. */
	readonly millionEventsASecond: number;
	/** Sales of a campaign without faults in a second, in this process alone. */
	readonly salesASecond: number;
}

const calls = 50_000;
const events = 1_000_000;
const sales = 25;
const saleMs = 11_000;

/** Runs for some seconds. `xsHost`: without one the columns of XS are undefined. */
export async function simBench(xsHost: XsHost | undefined, seconds: () => number): Promise<SimBench> {
	const timed = async (run: () => unknown): Promise<number> => {
		const from = seconds();
		await run();
		return seconds() - from;
	};
	const sale = (host: XsHost | undefined) => playInMemory("take-two", { seed: 1, xsHost: host });
	// Once before, so that nobody pays for the loading.
	await sale(undefined);
	const onNode = await timed(() => sale(undefined));
	const onXs = xsHost === undefined ? undefined : await timed(() => sale(xsHost));
	const campaign = await timed(() => runCampaign({ sales, seed: 1, faults: ["none"], attacks: 0 }));
	return {
		saleSpeed: { node: saleMs / 1_000 / onNode, xs: onXs === undefined ? undefined : saleMs / 1_000 / onXs },
		hostCallMicroseconds: {
			node: await hostCall(undefined, timed),
			xs: xsHost === undefined ? undefined : await hostCall(xsHost, timed),
		},
		millionEventsASecond: events / 1e6 / (await timed(() => runEvents())),
		salesASecond: sales / campaign,
	};
}

function runEvents(): void {
	const clock = new SimulationClock();
	let left = events;
	const next = (): void => {
		if (--left > 0) clock.after(1_000, next);
	};
	// As many at once as a machine with all its parts has.
	for (let part = 0; part < 32; part++) clock.after(part, next);
	clock.run(1e12);
}

async function hostCall(host: XsHost | undefined, timed: (run: () => unknown) => Promise<number>): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-bench-"));
	try {
		const file = join(folder, "program.mjs");
		writeFileSync(
			file,
			`export function start(host) {
				const pin = new host.io.Digital({ pin: 1, mode: host.io.Digital.Input });
				host.timer.set(() => { for (let call = 0; call < ${calls}; call++) pin.read(); }, 1);
			}\n`,
		);
		const clock = new SimulationClock();
		const random = new SeededRandom(1);
		const common = {
			board: new Board({ clock }),
			clock,
			storage: new MemoryStorage(),
			random: (byteLength: number) => random.bytes(byteLength),
			resetReason: "power-on",
			log: () => undefined,
			onReset: (reason: string) => {
				throw new Error(`The bench's device stopped: ${reason}.`);
			},
		};
		let engine: DeviceEngine;
		if (host === undefined) {
			const { start } = await import(pathToFileURL(file).href);
			engine = createNodeEngine({ ...common, program: start });
		} else {
			engine = createXsEngine({ ...common, host, program: { specifier: "bench/program", file, preload: true } });
		}
		engine.start();
		const wallSeconds = await timed(() => clock.run(1e9));
		engine.stop();
		return (wallSeconds * 1e6) / calls;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
