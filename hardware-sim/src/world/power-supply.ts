import type { SimulationClock } from "../clock.ts";

const stepNs = 1_000_000_000;

export interface PowerSupplyOptions {
	readonly clock: SimulationClock;
	/** Told when it changes: volts behind the charger, as the battery's divider sees them. */
	readonly onVolts: (volts: number) => void;
	/** The voltage is too low for the controller: it stops where it stands. */
	readonly onBrownOut: () => void;
	/** There is enough again. */
	readonly onReturn: () => void;
	/** How long a full battery feeds the machine; 0 is no battery at all, and the default. */
	readonly batteryMinutes?: number | undefined;
}

/** A charger holds a lead battery of six cells here. */
const chargerVolts = 13.6;
const fullVolts = 12.7;
const emptyVolts = 10.5;
/** Below this the machine's converter gives up. */
const brownOutVolts = 10.6;

/** Mains, a charger, and perhaps a 12 V battery: what feeds the machine. The curve is a straight line. */
export class PowerSupply {
	readonly #options: PowerSupplyOptions;
	readonly #batterySeconds: number;
	#charge = 1;
	#mains = true;
	#up = true;
	#stop: () => void = () => undefined;

	constructor(options: PowerSupplyOptions) {
		this.#options = options;
		this.#batterySeconds = (options.batteryMinutes ?? 0) * 60;
		options.onVolts(this.volts);
		if (this.#batterySeconds > 0) this.#tick();
	}

	get volts(): number {
		if (this.#mains) return chargerVolts;
		if (this.#batterySeconds === 0) return 0;
		return emptyVolts + this.#charge * (fullVolts - emptyVolts);
	}

	get mains(): boolean {
		return this.#mains;
	}

	/** The fuse blows, or is put back. Without a battery the machine stops at once. */
	setMains(on: boolean): void {
		this.#mains = on;
		this.#tell();
	}

	close(): void {
		this.#stop();
	}

	#tick(): void {
		this.#stop = this.#options.clock.after(stepNs, () => {
			const change = this.#mains ? 4 / this.#batterySeconds : -1 / this.#batterySeconds;
			const charge = Math.min(1, Math.max(0, this.#charge + change));
			if (charge !== this.#charge) {
				this.#charge = charge;
				this.#tell();
			}
			this.#tick();
		});
	}

	#tell(): void {
		const { onVolts, onBrownOut, onReturn } = this.#options;
		const { volts } = this;
		onVolts(volts);
		const up = volts >= brownOutVolts;
		if (up === this.#up) return;
		this.#up = up;
		if (up) onReturn();
		else onBrownOut();
	}
}
