import type { XsHost } from "../xs/build.ts";
import { controllerModules, type DeviceModule, moduleTable } from "../xs/modules.ts";
import { type Frame, FrameProcess } from "../xs/process.ts";
import { BridgeServer } from "./bridge-server.ts";
import {
	type DeviceEngine,
	type EngineOptions,
	type EngineStatistics,
	esp32s3Budget,
	type ResetReason,
} from "./engine.ts";

export interface XsEngineOptions extends EngineOptions {
	readonly host: XsHost;
	/** What the device runs: a module that exports `start(host)`. Default: the controller's firmware. */
	readonly program?: DeviceModule;
	/** Modules that `program` needs beside those of the packages. */
	readonly modules?: readonly DeviceModule[];
	/**
	 * Most computrons of one event, then it is a `watchdog` reset. The default stands for the 5 s of ESP-IDF's task
	 * watchdog at some 10 million bytecodes a second; nobody has measured that figure here.
	 */
	readonly computronLimit?: number;
}

/** Outcomes of an event, numbered as in xs-host/host.c. */
const outcomes = ["completed", "exception", "memory", "stack", "watchdog", "rom", "crash"] as const;

/** Runs the firmware on XS, in a process that models the microcontroller (docs/guides/xs-engine.md). */
export function createXsEngine(options: XsEngineOptions): DeviceEngine {
	return new XsEngine(options);
}

class XsEngine implements DeviceEngine {
	readonly name = "xs";
	readonly #options: XsEngineOptions;
	#server: BridgeServer | undefined;
	#process: FrameProcess | undefined;
	#statistics: EngineStatistics | undefined;
	#ended = false;
	readonly #event = Buffer.alloc(32);

	constructor(options: XsEngineOptions) {
		this.#options = options;
	}

	get statistics(): EngineStatistics | undefined {
		return this.#statistics;
	}

	start(): void {
		if (this.#ended) return;
		if (this.#process) throw new Error("This engine was started already: every power-up needs its own.");
		const { host, random, program, modules = [] } = this.#options;
		const { slots, chunkBytes, stackSlots } = this.#options.budget ?? esp32s3Budget;
		const table = moduleTable([...controllerModules(program), ...modules]);
		const boot = Buffer.alloc(24);
		boot.writeUInt32LE(slots, 0);
		boot.writeUInt32LE(chunkBytes, 4);
		boot.writeUInt32LE(stackSlots, 8);
		boot.writeUInt32LE(this.#options.computronLimit ?? 50_000_000, 12);
		boot.set(random(8).subarray(0, 8), 16);

		this.#server = new BridgeServer(this.#options, (kind, handle, value) => this.#deliver(kind, handle, value));
		this.#process = new FrameProcess(host.path);
		this.#process.send("B", boot, Buffer.from(table, "utf8"));
		this.#serve(this.#process, this.#server);
	}

	stop(): void {
		this.#ended = true;
		this.#server?.stop();
		this.#process?.close();
	}

	#deliver(kind: number, handle: number, value: number): void {
		if (this.#ended || !this.#process || !this.#server) return;
		this.#event.writeDoubleLE(this.#server.milliseconds, 0);
		this.#event.writeDoubleLE(kind, 8);
		this.#event.writeDoubleLE(handle, 16);
		this.#event.writeDoubleLE(value, 24);
		this.#process.send("E", this.#event);
		this.#serve(this.#process, this.#server);
	}

	/** Answers the device's operations until its event is done or the device has ended. */
	#serve(device: FrameProcess, server: BridgeServer): void {
		for (;;) {
			const frame = device.receive();
			if (frame === undefined) {
				this.#reset("crash", "The process of the XS engine died.");
				return;
			}
			if (frame.type === "R") {
				this.#finish(frame.body);
				return;
			}
			answer(device, server, frame);
			if (this.#ended) return;
			if (server.ended) {
				this.#leave(server);
				return;
			}
		}
	}

	/** The device ended inside an operation: it never sees the answer. */
	#leave(server: BridgeServer): void {
		if (server.restartRequested) {
			this.#reset("restart", "");
		} else {
			this.stop();
			server.throwFault();
		}
	}

	#finish(body: Buffer): void {
		const word = (index: number) => body.readUInt32LE(4 * index);
		const outcome = outcomes[word(0)];
		const message = body.toString("utf8", 68);
		if (outcome === "rom") {
			this.stop();
			throw new Error(`The device's ROM could not be built: ${message}`);
		}
		this.#statistics = {
			slotBytes: word(1) === 16 ? 16 : 32,
			slotsBudget: word(2),
			slotsUsed: word(3),
			slotsPeak: word(4),
			chunksBudget: word(5),
			chunksUsed: word(6),
			chunksPeak: word(7),
			stackBudget: word(8),
			stackPeak: word(9),
			keys: word(10),
			collections: word(11),
			rom: { slots: word(12), chunkBytes: word(13), bytecodeBytes: word(14) },
			computrons: body.readDoubleLE(60),
		};
		if (outcome !== "completed") this.#reset(outcome ?? "crash", message || describeAbort(this.#statistics));
	}

	#reset(reason: ResetReason, message: string): void {
		this.stop();
		if (reason !== "restart") this.#options.log("fault", JSON.stringify({ reason, message }));
		this.#options.onReset(reason);
	}
}

/** XS gives no message when it aborts; what was in use tells which limit it was. */
function describeAbort(statistics: EngineStatistics): string {
	const { slotsUsed, slotsBudget, chunksUsed, chunksBudget, stackPeak, stackBudget } = statistics;
	return `In use: ${slotsUsed} of ${slotsBudget} slots, ${chunksUsed} of ${chunksBudget} chunk bytes; stack at most ${stackPeak} of ${stackBudget} slots.`;
}

function answer(device: FrameProcess, server: BridgeServer, { type, body }: Frame): void {
	const operation = body[0] ?? 0;
	const a = body.readDoubleLE(1);
	const b = body.readDoubleLE(9);
	if (type === "C") {
		const result = server.call(operation, a, b);
		if (!server.ended) device.sendNumber("N", result);
		return;
	}
	const result = server.exchange(operation, a, b, body.subarray(17));
	if (server.ended) return;
	if (result) device.send("Y", result);
	else device.send(result === null ? "F" : "U");
}
