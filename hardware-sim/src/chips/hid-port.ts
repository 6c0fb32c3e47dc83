import type { HID, HIDConstructor, HIDOptions } from "@visionvend/sdk/device/io/hid";
import type { SimulationClock } from "../clock.ts";

/** What a device says of itself when it is plugged in. */
export interface HIDIdentity {
	readonly vendorId: number;
	readonly productId: number;
	readonly usagePage: number;
	readonly usage: number;
}

/** A plug in its socket. */
export interface HIDPlug {
	/** Sends an input report; a device that nobody has open talks to nobody. */
	send(report: Uint8Array): void;
	unplug(): void;
}

interface Open {
	readonly options: HIDOptions;
	plug: object | undefined;
	attach(identity: HIDIdentity, plug: object): boolean;
	detach(): void;
	receive(report: Uint8Array): void;
}

/** The USB sockets of a computer: devices come and go, and `HID` opens them. */
export class HIDPort {
	readonly HID: HIDConstructor;
	readonly #devices = new Map<object, HIDIdentity>();
	readonly #open = new Set<Open>();

	constructor(clock: SimulationClock) {
		const devices = this.#devices;
		const opened = this.#open;
		this.HID = class SimulatedHID implements HID {
			readonly #entry: Open;

			constructor(options: HIDOptions) {
				const { usagePage, onReport, onConnectionChange } = options;
				if (!Number.isInteger(usagePage) || usagePage < 0 || usagePage > 0xffff)
					throw new RangeError(`HID: option "usagePage" is an integer from 0 to 65,535, not ${String(usagePage)}.`);
				if (typeof onReport !== "function") throw new TypeError('HID: option "onReport" is a function.');
				/** Runs as a script does, and not after `close`. */
				const soon = (run: () => void) =>
					clock.callback(() => {
						if (opened.has(entry)) run();
					});
				const entry: Open = {
					options,
					plug: undefined,
					attach: (identity, plug) => {
						if (entry.plug !== undefined || !isWanted(options, identity)) return false;
						entry.plug = plug;
						soon(() => onConnectionChange?.call(this, true));
						return true;
					},
					detach: () => {
						entry.plug = undefined;
						soon(() => onConnectionChange?.call(this, false));
					},
					receive: (report) => soon(() => onReport.call(this, report)),
				};
				this.#entry = entry;
				opened.add(entry);
				const taken = new Set([...opened].map((other) => other.plug));
				for (const [plug, identity] of devices) if (!taken.has(plug) && entry.attach(identity, plug)) break;
			}

			get connected(): boolean {
				return this.#entry.plug !== undefined;
			}

			close(): void {
				opened.delete(this.#entry);
				this.#entry.plug = undefined;
			}
		};
	}

	plug(identity: HIDIdentity): HIDPlug {
		const plug: HIDPlug = {
			send: (report) => {
				for (const entry of this.#open) if (entry.plug === plug) entry.receive(report.slice());
			},
			unplug: () => {
				this.#devices.delete(plug);
				for (const entry of this.#open) if (entry.plug === plug) entry.detach();
			},
		};
		this.#devices.set(plug, identity);
		for (const entry of this.#open) if (entry.attach(identity, plug)) break;
		return plug;
	}
}

function isWanted(options: HIDOptions, identity: HIDIdentity): boolean {
	return (
		options.usagePage === identity.usagePage &&
		(options.usage ?? identity.usage) === identity.usage &&
		(options.vendorId ?? identity.vendorId) === identity.vendorId &&
		(options.productId ?? identity.productId) === identity.productId
	);
}
