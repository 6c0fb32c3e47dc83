import type { KeyObject } from "node:crypto";
import type { ControllerHost } from "@visionvend/firmware/controller-host";
import { compareVersions } from "@visionvend/firmware/update/compare-versions";
import { FirmwareTrial } from "@visionvend/firmware/update/firmware-trial";
import { FirmwareUpdate } from "@visionvend/firmware/update/firmware-update";
import type { CommandStatusBody, FirmwareManifestBody, FirmwareRequestBody } from "@visionvend/sdk/device/messages";
import { Board } from "../src/board/board.ts";
import { SimulationClock } from "../src/clock.ts";
import { boot } from "../src/flash/bootloader.ts";
import { CuttableStorage } from "../src/flash/cuttable-storage.ts";
import { makeFirmwareImage } from "../src/flash/firmware-image.ts";
import { FlashSlots } from "../src/flash/flash-slots.ts";
import { NorFlash, type NorFlashOptions, SECTOR_BYTES } from "../src/flash/nor-flash.ts";
import { type Partition, partitionNamed } from "../src/flash/partition-table.ts";
import { PowerCut } from "../src/flash/power-cut.ts";
import { firmwarePublicKey, makeFirmwareKey, signFirmware } from "../src/flash/sign-firmware.ts";
import { demoControllerConfiguration } from "../src/machine/demo-wiring.ts";
import { MemoryStorage } from "../src/machine/memory-storage.ts";
import { SeededRandom } from "../src/random.ts";

const second = 1_000_000_000;
const slotSectors = 6;

/** The board's partitions in small. */
export const partitions: readonly Partition[] = [
	{ name: "otadata", type: "data", subtype: "ota", offset: 0, byteLength: 2 * SECTOR_BYTES },
	...[0, 1].map((slot) => ({
		name: `ota_${slot}`,
		type: "app",
		subtype: `ota_${slot}`,
		offset: (2 + slot * slotSectors) * SECTOR_BYTES,
		byteLength: slotSectors * SECTOR_BYTES,
	})),
];

export const signingKey = makeFirmwareKey();
const product = "visionvend-controller";
const hardware = "esp32-s3-devkitc-1-n16r8";

/** About three and a half sectors, different for each version. */
const images = new Map<string, Uint8Array>();
export function imageOf(version: string): Uint8Array {
	const made = images.get(version);
	if (made !== undefined) return made;
	const seed = [...version].reduce((sum, character) => 31 * sum + character.charCodeAt(0), 7);
	const image = makeFirmwareImage({ version, product }, new SeededRandom(seed).bytes(14_000));
	images.set(version, image);
	return image;
}

let commands = 0;
export function manifestOf(
	image: Uint8Array,
	release: Partial<FirmwareManifestBody> = {},
	key: KeyObject = signingKey,
): FirmwareManifestBody {
	const signed = signFirmware({ product, hardware, version: "1.1.0", floor: 0, ...release }, image, key);
	return { commandId: `update-${commands++}`, ...signed };
}

export interface UpdatableDeviceOptions {
	readonly seed?: number;
	readonly tearing?: NonNullable<NorFlashOptions["tearing"]>;
	/** Versions whose firmware finds a part that does not work. */
	readonly faulty?: readonly string[];
	readonly via?: "pi" | "wifi";
	readonly firmwareKey?: string | undefined;
}

/** A device with two slots and a cloud that sends it firmware, and a power supply that can be cut at any operation. */
export class UpdatableDevice {
	readonly clock = new SimulationClock();
	readonly flash: NorFlash;
	readonly storage = new MemoryStorage();
	readonly statuses: CommandStatusBody[] = [];
	readonly requests: FirmwareRequestBody[] = [];
	/** Versions that ran, one for each start. */
	readonly started: string[] = [];
	/** Starts of a version older than one that had been confirmed. */
	downgrades = 0;
	/** Erasures, page programs and writes to the store. */
	operations = 0;
	/** The power goes in the operation with this number. */
	cutAt = Number.POSITIVE_INFINITY;
	/** Somebody is at the machine. */
	busy = false;
	/** The cloud answers. */
	online = true;
	/** What the cloud sends as the image. */
	image: Uint8Array = new Uint8Array();
	slots: FlashSlots | undefined;
	readonly #options: UpdatableDeviceOptions;
	readonly #board: Board;
	readonly #random: SeededRandom;
	#version = "";
	#confirmed = "1.0.0";
	#life = 0;
	#update: FirmwareUpdate | undefined;
	#trial: FirmwareTrial | undefined;

	constructor(options: UpdatableDeviceOptions = {}) {
		this.#options = options;
		this.#random = new SeededRandom(options.seed ?? 1);
		this.#board = new Board({ clock: this.clock });
		this.flash = new NorFlash({
			byteLength: (2 + 2 * slotSectors) * SECTOR_BYTES,
			random: this.#random.fork("flash"),
			powerFails: () => this.#powerFails(),
			...(options.tearing === undefined ? {} : { tearing: options.tearing }),
		});
		this.flash.program(partitionNamed(partitions, "ota_0").offset, imageOf("1.0.0"));
		this.run(1);
		this.operations = 0;
	}

	/** The version that runs; "" when the device does not start any more. */
	get version(): string {
		return this.#version;
	}

	/** The lowest floor that the store lets in. */
	get floor(): number {
		const stored = this.storage.read("firmware");
		return stored === undefined ? 0 : JSON.parse(Buffer.from(stored).toString()).floor;
	}

	/** The cloud has new firmware. */
	offer(manifest: FirmwareManifestBody, image: Uint8Array): void {
		this.image = image;
		this.clock.callback(() => this.#update?.begin(manifest));
	}

	/** Lets time pass in seconds, through power cuts and restarts. */
	run(seconds: number): void {
		const until = this.clock.now + seconds * second;
		while (this.clock.now < until) {
			try {
				if (this.slots === undefined) this.#start();
				this.clock.run(until - this.clock.now);
			} catch (error) {
				if (!(error instanceof PowerCut)) throw error;
				this.#end();
				this.clock.run(second / 10);
			}
		}
	}

	#start(): void {
		const booted = boot(this.flash, partitions);
		this.#version = booted?.firmware.version ?? "";
		if (booted === undefined) throw new Error("The device does not start any more.");
		const { version } = booted.firmware;
		this.started.push(version);
		if (compareVersions(version, this.#confirmed) < 0) this.downgrades += 1;
		const slots = new FlashSlots(this.flash, partitions, booted.slot);
		this.slots = slots;
		this.#life += 1;
		const life = this.#life;
		const host = this.#host(slots);
		const { firmwareKey = Buffer.from(firmwarePublicKey(signingKey)).toString("base64url") } = this.#options;
		const configuration = demoControllerConfiguration("m1", {
			receive: { kid: "cloud-controller.1", key: "" },
			send: { kid: "controller-cloud.1", key: "" },
		});
		const update = new FirmwareUpdate({
			host,
			configuration: {
				...configuration,
				uplink: { via: this.#options.via ?? "wifi" },
				...(firmwareKey === "" ? {} : { firmwareKey }),
			},
			identity: { product, hardware, version, floor: 0 },
			status: (body) => this.statuses.push(body),
			request: (body) => this.#answer(body, life),
			mayInstall: () => !this.busy,
		});
		const trial = new FirmwareTrial({
			host,
			check: () => (this.#options.faulty?.includes(version) ? "scale" : undefined),
			mayRestart: () => !this.busy,
			onConfirmed: () => {
				this.#confirmed = version;
				update.confirmed();
			},
		});
		this.#update = update;
		this.#trial = trial;
		this.clock.callbackAfter(second, () => {
			if (this.#life === life && this.online) trial.reachedCloud();
		});
	}

	#end(): void {
		this.#update?.close();
		this.#trial?.close();
		this.#update = undefined;
		this.slots = undefined;
		this.#board.reset();
	}

	#answer(request: FirmwareRequestBody, life: number): void {
		this.requests.push(request);
		const { commandId, offset, byteLength } = request;
		const part = this.image.subarray(offset, offset + byteLength);
		if (!this.online || part.length === 0) return;
		this.clock.callbackAfter(second / 50, () => {
			if (this.#life !== life) return;
			this.#update?.chunk({ commandId, offset, data: Buffer.from(part).toString("base64url") });
		});
	}

	#host(slots: FlashSlots): ControllerHost {
		const bootedAt = this.clock.now;
		return {
			io: this.#board.io,
			timer: this.#board.timer,
			firmware: slots,
			storage: new CuttableStorage(this.storage, this.#random.fork(`store ${this.operations}`), () =>
				this.#powerFails(),
			),
			ticks: () => Math.floor((this.clock.now - bootedAt) / 1e6),
			microseconds: () => (this.clock.now - bootedAt) / 1e3,
			random: (byteLength) => this.#random.bytes(byteLength),
			memoryFree: () => 0,
			signalStrength: () => undefined,
			log: () => undefined,
			resetReason: "power-on",
			restart: () => {
				throw new PowerCut("restart");
			},
		};
	}

	#powerFails(): boolean {
		const isCut = this.operations === this.cutAt;
		this.operations += 1;
		return isCut;
	}
}
