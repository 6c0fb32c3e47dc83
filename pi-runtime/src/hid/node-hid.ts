import type { Clock } from "@visionvend/sdk/clock";
import type { HID, HIDConstructor, HIDOptions } from "@visionvend/sdk/device/io/hid";
import { errorText } from "../error-text.ts";
import type { HIDDevice, HIDHandle, HIDLibrary } from "./hid-library.ts";

/** The wait before a device is looked for again doubles from the first to the second. */
const retryMs = { first: 500, last: 5_000 };

/** The `HID` class for drivers on a library. A device that is absent, or goes, is looked for as long as the instance is open. */
export function nodeHID(host: {
	readonly library: HIDLibrary;
	readonly clock: Clock;
	readonly onProblem: (problem: string) => void;
}): HIDConstructor {
	const { library, clock, onProblem } = host;
	/** Paths that an instance here has open: two readers of one kind go to two instances. */
	const taken = new Set<string>();

	return class NodeHID implements HID {
		readonly #options: HIDOptions;
		#path: string | undefined;
		#handle: HIDHandle | undefined;
		#waitMs = retryMs.first;
		#outageTold = false;
		#closed = false;
		#cancelRetry: (() => void) | undefined;

		constructor(options: HIDOptions) {
			const { usagePage, onReport, onConnectionChange } = options;
			if (!Number.isInteger(usagePage) || usagePage < 0 || usagePage > 0xffff)
				throw new RangeError(`HID: option "usagePage" is an integer from 0 to 65,535, not ${String(usagePage)}.`);
			if (typeof onReport !== "function") throw new TypeError('HID: option "onReport" is a function.');
			if (onConnectionChange !== undefined && typeof onConnectionChange !== "function")
				throw new TypeError('HID: option "onConnectionChange" is a function.');
			this.#options = { ...options };
			void this.#look();
		}

		get connected(): boolean {
			return this.#handle !== undefined;
		}

		close(): void {
			if (this.#closed) return;
			this.#closed = true;
			this.#cancelRetry?.();
			this.#release();
		}

		async #look(): Promise<void> {
			let device: HIDDevice | undefined;
			try {
				const devices = await library.devicesAsync();
				device = devices.find((one) => one.path !== undefined && !taken.has(one.path) && isWanted(this.#options, one));
				const path = device?.path;
				if (this.#closed) return;
				if (path === undefined) {
					// Absence is no problem to tell of: `connected` says it, and the driver does.
					this.#retry();
					return;
				}
				taken.add(path);
				this.#path = path;
				const handle = await library.HIDAsync.open(path);
				if (this.#closed) {
					this.#path = undefined;
					taken.delete(path);
					await handle.close();
					return;
				}
				this.#use(handle);
			} catch (error) {
				if (this.#closed) return;
				this.#release();
				this.#tell(
					device === undefined
						? `USB devices cannot be listed: ${errorText(error)}.`
						: `${nameOf(device)} cannot be opened: ${errorText(error)}. Let this user open it with a udev rule.`,
				);
				this.#retry();
			}
		}

		#use(handle: HIDHandle): void {
			this.#handle = handle;
			this.#waitMs = retryMs.first;
			this.#outageTold = false;
			const { onReport, onConnectionChange } = this.#options;
			handle.on("data", (report: Uint8Array) => {
				if (handle === this.#handle) onReport.call(this, Uint8Array.from(report));
			});
			handle.on("error", () => {
				// It was unplugged. The library tells of it more than once.
				if (handle !== this.#handle) return;
				this.#release();
				onConnectionChange?.call(this, false);
				if (!this.#closed) this.#retry();
			});
			onConnectionChange?.call(this, true);
		}

		#release(): void {
			const handle = this.#handle;
			this.#handle = undefined;
			if (this.#path !== undefined) taken.delete(this.#path);
			this.#path = undefined;
			handle?.close().catch((error: unknown) => this.#tell(`A USB device did not close: ${errorText(error)}.`));
		}

		#retry(): void {
			this.#cancelRetry = clock.after(this.#waitMs, () => void this.#look());
			this.#waitMs = Math.min(2 * this.#waitMs, retryMs.last);
		}

		#tell(problem: string): void {
			if (this.#outageTold || this.#closed) return;
			this.#outageTold = true;
			onProblem(problem);
		}
	};
}

function isWanted(options: HIDOptions, device: HIDDevice): boolean {
	return (
		options.usagePage === device.usagePage &&
		(options.usage ?? device.usage) === device.usage &&
		(options.vendorId ?? device.vendorId) === device.vendorId &&
		(options.productId ?? device.productId) === device.productId
	);
}

function nameOf(device: HIDDevice): string {
	const hex = (value: number) => value.toString(16).padStart(4, "0");
	return `${device.product ?? "USB device"} (${hex(device.vendorId)}:${hex(device.productId)}, ${device.path ?? "no path"})`;
}
