import type { ConfiguredScale } from "@visionvend/sdk/device/messages";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import type { ControllerHost } from "../controller-host.ts";
import type { Parts } from "../parts.ts";
import type { Weighing } from "../scales.ts";
import type { Uplink } from "../uplink/uplink.ts";

/** Less than this, and the next long message may be one too many. */
const LEAST_MEMORY_BYTES = 16_384;
const SCRATCH_KEY = "diagnosis";

export interface DiagnosisOptions {
	readonly host: ControllerHost;
	readonly parts: Parts;
	readonly uplink: Uplink;
	readonly scales: readonly ConfiguredScale[];
}

/** Looks at every part and says in words how it is: first what is wrong, then the rest. */
export class Diagnosis {
	readonly #options: DiagnosisOptions;

	constructor(options: DiagnosisOptions) {
		this.#options = options;
	}

	/** `done` comes later, once: `wrong: scale-2 silent; battery 10 700 mV, low. well: bolt, memory 61000 bytes …` */
	run(done: (detail: string) => void): void {
		this.#options.parts.machine.weigh((weighing) => {
			const wrong: string[] = [];
			const well: string[] = [];
			const say = (isWell: boolean, text: string): void => {
				(isWell ? well : wrong).push(text);
			};
			this.#lookAtScales(weighing, say);
			this.#lookAtParts(say);
			this.#lookAtBoard(say);
			done(`${wrong.length === 0 ? "nothing is wrong" : `wrong: ${wrong.join("; ")}`}. well: ${well.join("; ")}`);
		});
	}

	#lookAtScales(weighing: Weighing | undefined, say: (isWell: boolean, text: string) => void): void {
		for (const { shelf } of this.#options.scales) {
			const weight = weighing?.weights.find((candidate) => candidate.shelf === shelf);
			const name = `scale-${shelf}`;
			if (weighing === undefined) say(true, `${name} in use`);
			else if (weight === undefined) say(false, `${name} silent`);
			else say(true, `${name} ${weight.milligrams} mg`);
		}
		if (weighing?.stable === false) say(false, "scales do not come to rest");
	}

	#lookAtParts(say: (isWell: boolean, text: string) => void): void {
		const { food, supply, faults: told } = this.#options.parts;
		for (const name of told) {
			const isToldElsewhere = name.startsWith("scale-") || name === "thermometer" || name.endsWith("battery");
			if (!isToldElsewhere) say(false, name);
		}
		if (food !== undefined) {
			const isWell = !told.includes("thermometer");
			say(isWell, isWell ? `thermometer ${food.centidegrees} hundredths of a degree` : "thermometer silent");
		}
		if (supply !== undefined) {
			const { millivolts, isLow } = supply;
			if (millivolts === undefined) say(false, "battery not connected");
			else say(!isLow, `battery ${millivolts} mV`);
		}
	}

	#lookAtBoard(say: (isWell: boolean, text: string) => void): void {
		const { host, uplink } = this.#options;
		const memory = host.memoryFree();
		say(memory >= LEAST_MEMORY_BYTES, `memory ${memory} bytes`);
		const storageProblem = tryStorage(host);
		say(storageProblem === undefined, `storage ${storageProblem ?? "writes"}`);
		const { signalDbm } = uplink;
		say(uplink.connected, `uplink ${signalDbm === undefined ? "" : `${signalDbm} dBm`}`.trim());
	}
}

/** What is wrong with the store, in its own words; `undefined` when it takes and gives back. */
function tryStorage({ storage, ticks }: ControllerHost): string | undefined {
	const text = encodeUtf8(String(ticks()));
	try {
		storage.write(SCRATCH_KEY, text);
		const read = storage.read(SCRATCH_KEY);
		storage.delete(SCRATCH_KEY);
		const hasKept = read !== undefined && String(new Uint8Array(read)) === String(text);
		return hasKept ? undefined : "gives back something else";
	} catch (error) {
		// What is wrong is what was asked for.
		if (!(error instanceof Error)) throw error;
		return error.message;
	}
}
