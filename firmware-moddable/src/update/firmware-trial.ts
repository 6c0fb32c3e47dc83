import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ControllerHost } from "../controller-host.ts";
import { rejectFirmware } from "./reject-firmware.ts";

/** How long new firmware may take until it has reached the cloud and all parts work. */
const TRIAL_MS = 60_000;
const POLL_MS = 1_000;

export interface FirmwareTrialOptions {
	readonly host: ControllerHost;
	/** What does not work, by name; `undefined` when all parts do. */
	check(): string | undefined;
	/** Nobody is at the machine. Firmware that failed is left as soon as that is so. */
	mayRestart(): boolean;
	/** The firmware stays. Not called when it was confirmed long ago. */
	onConfirmed(): void;
}

/**
 * The first minute of new firmware: when its parts work and the cloud has been heard, it is confirmed. Otherwise, or
 * when it does not even come to its end, the next start is the old firmware's. Confirmed firmware has no trial.
 */
export class FirmwareTrial {
	readonly #options: FirmwareTrialOptions;
	readonly #slots: FirmwareSlots | undefined;
	readonly #endsAtMs: number;
	#timer: TimerHandle | undefined;
	#reachedCloud = false;

	constructor(options: FirmwareTrialOptions) {
		const { host } = options;
		this.#options = options;
		this.#slots = host.firmware?.state === "trial" ? host.firmware : undefined;
		this.#endsAtMs = host.ticks() + TRIAL_MS;
		if (this.#slots === undefined) return;
		host.log("firmware.trial", {});
		this.#timer = host.timer.repeat(() => this.#look(), POLL_MS);
	}

	/** The cloud has answered a hello of this start. */
	reachedCloud(): void {
		this.#reachedCloud = true;
	}

	/** Ends the trial without a verdict: the next start is the old firmware's. A second call does nothing. */
	close(): void {
		if (this.#timer !== undefined) this.#options.host.timer.clear(this.#timer);
		this.#timer = undefined;
	}

	#look(): void {
		const { host } = this.#options;
		const found = this.#options.check() ?? (this.#reachedCloud ? undefined : "no-contact");
		const problem = found ?? (this.#confirm() ? undefined : "flash");
		if (problem === undefined) {
			this.close();
			host.log("firmware.confirmed", {});
			this.#options.onConfirmed();
		} else if (host.ticks() >= this.#endsAtMs && this.#options.mayRestart()) {
			this.close();
			rejectFirmware(host, problem);
		}
	}

	#confirm(): boolean {
		try {
			this.#slots?.confirm();
			return true;
		} catch (error) {
			if (!(error instanceof HardwareError)) throw error;
			this.#options.host.log("firmware.flash", { message: error.message });
			return false;
		}
	}
}
