import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll } from "vitest";
import { Board } from "../src/board/board.ts";
import { SimulationClock } from "../src/clock.ts";
import type {
	BridgeOperation,
	DeviceEngine,
	EngineBudget,
	EngineOptions,
	EngineStatistics,
} from "../src/engine/engine.ts";
import { createNodeEngine } from "../src/engine/node-engine.ts";
import { createXsEngine } from "../src/engine/xs-engine.ts";
import { MemoryStorage } from "../src/machine/memory-storage.ts";
import { SeededRandom } from "../src/random.ts";
import { buildXsHost, type XsHost } from "../src/xs/build.ts";
import type { DeviceModule } from "../src/xs/modules.ts";

/** The XS engine of this machine; tests that need it are skipped with one line where there is none. */
export const xs = buildXsHost({ onProgress: (line) => console.log(line) });
if (!xs.ok) console.warn(`Tests on XS are skipped. ${xs.reason}`);

export const directory = mkdtempSync(join(tmpdir(), "visionvend-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
export function writeModule(source: string): string {
	const file = join(directory, `module-${files++}.mjs`);
	writeFileSync(file, source);
	return file;
}

export interface SimulatedDevice {
	readonly engine: DeviceEngine;
	readonly clock: SimulationClock;
	readonly board: Board;
	readonly storage: MemoryStorage;
	readonly logged: readonly [event: string, detail: unknown][];
	readonly resets: readonly string[];
	/** SHA-256 over every operation so far and its result. */
	operations(): { count: number; hash: string };
	/** What XS measured. */
	statistics(): EngineStatistics;
}

export interface DeviceOptions {
	readonly budget?: EngineBudget;
	/** False: the program runs on the device, not while its ROM is built. */
	readonly preload?: boolean;
	readonly modules?: readonly DeviceModule[];
	readonly computronLimit?: number;
	readonly host?: XsHost;
	readonly onOperation?: (operation: BridgeOperation, device: SimulatedDevice) => void;
	/** Solders parts to the board before power comes. */
	readonly wire?: (board: Board, clock: SimulationClock) => void;
	/** What the device has beside its board. */
	readonly equip?: (clock: SimulationClock) => Pick<EngineOptions, "network" | "firmware" | "memoryFree">;
}

/** A board whose engine runs `source`, an ES module that exports `start(host)`. It is not started yet. */
export async function makeDevice(
	name: "xs" | "node",
	source: string,
	options: DeviceOptions = {},
): Promise<SimulatedDevice> {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	options.wire?.(board, clock);
	const storage = new MemoryStorage();
	const random = new SeededRandom(7);
	const logged: [string, unknown][] = [];
	const resets: string[] = [];
	const hash = createHash("sha256");
	let count = 0;
	const common = {
		board,
		clock,
		storage,
		random: (byteLength: number) => random.bytes(byteLength),
		resetReason: "power-on",
		log: (event: string, detail: string) => logged.push([event, JSON.parse(detail)]),
		onReset: (reason: string) => resets.push(reason),
		onOperation: (operation: BridgeOperation) => {
			const { operation: code, a, b, bytes, result } = operation;
			const outcome = result instanceof Uint8Array ? Buffer.from(result).toString("hex") : String(result);
			hash.update(`${code} ${a} ${b} ${Buffer.from(bytes ?? []).toString("hex")} ${outcome} ${clock.now}\n`);
			count++;
			options.onOperation?.(operation, device);
		},
		...(options.budget ? { budget: options.budget } : {}),
		...options.equip?.(clock),
	};
	const file = writeModule(source);
	const engine = name === "xs" ? onXs() : await onNode();
	const device: SimulatedDevice = {
		engine,
		clock,
		board,
		storage,
		logged,
		resets,
		operations: () => ({ count, hash: hash.copy().digest("hex") }),
		statistics() {
			if (engine.statistics === undefined) throw new Error("This engine measures nothing.");
			return engine.statistics;
		},
	};
	return device;

	function onXs(): DeviceEngine {
		const host = options.host ?? xs;
		if ("reason" in host) throw new Error(host.reason);
		return createXsEngine({
			...common,
			host,
			program: { specifier: "test/program", file, preload: options.preload ?? true },
			modules: options.modules ?? [],
			...(options.computronLimit ? { computronLimit: options.computronLimit } : {}),
		});
	}

	async function onNode(): Promise<DeviceEngine> {
		const { start } = await import(/* @vite-ignore */ pathToFileURL(file).href);
		return createNodeEngine({ ...common, program: start });
	}
}
