import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** The class of `embedded:network/interface/wifi`, as the Moddable SDK has it since May 2026. */
export interface WiFiInterface {
	/** 200 not connected, 300 connecting, 400 connected, 500 with an address. */
	readonly connection: number;
	/** dBm; `undefined` while not connected. */
	readonly RSSI: number | undefined;
	/** Throws while it is connecting. */
	connect(options: { readonly SSID: string; readonly password?: string }): void;
	disconnect(): void;
	close(): void;
}

const CONNECTING = 300;
const HAS_ADDRESS = 500;

/** The driver tries once; whoever wants to stay in the network looks after it. */
const LOOK_MS = 5_000;
/** Looks without an address before the attempt is broken off. */
const MOST_LOOKS = 6;

/** Stays in one Wi-Fi network: joins it, and joins it again whenever it is lost. The radio is off until then. */
export class WiFiStation {
	readonly #timer: Timer;
	readonly #open: () => WiFiInterface;
	readonly #onAddress: () => void;
	#interface: WiFiInterface | undefined;
	#looking: TimerHandle | undefined;
	#ssid = "";
	#password = "";
	#looks = 0;
	#hadAddress = false;

	/** `onAddress`: the network has given an address, again after each loss. */
	constructor(timer: Timer, open: () => WiFiInterface, onAddress: () => void) {
		this.#timer = timer;
		this.#open = open;
		this.#onAddress = onAddress;
	}

	get hasAddress(): boolean {
		return this.#interface?.connection === HAS_ADDRESS;
	}

	/** dBm; `undefined` while there is no network. */
	get signalStrength(): number | undefined {
		return this.#interface?.RSSI;
	}

	/** Leaves the network before. Without a password the network is an open one. */
	join(ssid: string, password: string): void {
		this.#ssid = ssid;
		this.#password = password;
		if (this.#interface === undefined) this.#interface = this.#open();
		else this.#interface.disconnect();
		this.#connect();
		this.#looking ??= this.#timer.repeat(() => this.#look(), LOOK_MS);
	}

	close(): void {
		if (this.#looking !== undefined) this.#timer.clear(this.#looking);
		this.#looking = undefined;
		this.#interface?.close();
		this.#interface = undefined;
	}

	#connect(): void {
		this.#looks = 0;
		this.#interface?.connect({
			SSID: this.#ssid,
			...(this.#password === "" ? undefined : { password: this.#password }),
		});
	}

	#look(): void {
		const connection = this.#interface?.connection ?? 0;
		const hasAddress = connection === HAS_ADDRESS;
		if (hasAddress && !this.#hadAddress) this.#onAddress();
		this.#hadAddress = hasAddress;
		if (hasAddress) {
			this.#looks = 0;
		} else if (connection < CONNECTING) {
			this.#connect();
		} else {
			this.#looks += 1;
			// The next look finds it disconnected, and connects.
			if (this.#looks >= MOST_LOOKS) this.#interface?.disconnect();
		}
	}
}
