import { Board } from "@visionvend/hardware-sim/board/board";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { expect, test } from "vitest";
import { type WiFiInterface, WiFiStation } from "./wifi-station.ts";

/**
 * What `embedded:network/interface/wifi` does on an ESP32 (Moddable SDK, modules/io/wifi/esp32/wifi-esp32.c): one attempt
 * for each `connect`, which throws while one is under way; afterwards 200 or 500.
 */
class FakeWiFi implements WiFiInterface {
	connection = 200;
	readonly attempts: object[] = [];
	closed = false;
	/** The access point: seconds until an address comes, `undefined` when nobody answers. */
	addressAfterS: number | undefined = 2;
	readonly #clock: SimulationClock;
	#attempt = 0;

	constructor(clock: SimulationClock) {
		this.#clock = clock;
	}

	get RSSI(): number | undefined {
		return this.connection >= 400 ? -61 : undefined;
	}

	connect(options: { readonly SSID: string; readonly password?: string }): void {
		if (this.connection === 300) throw new Error("already connecting");
		this.attempts.push(options);
		this.connection = 300;
		const attempt = ++this.#attempt;
		if (this.addressAfterS === undefined) return;
		this.#clock.callbackAfter(this.addressAfterS * 1e9, () => {
			if (attempt === this.#attempt && this.connection === 300) this.connection = 500;
		});
	}

	disconnect(): void {
		this.connection = 200;
	}

	close(): void {
		this.closed = true;
	}
}

function bench() {
	const clock = new SimulationClock();
	const wifi = new FakeWiFi(clock);
	let opened = 0;
	let addresses = 0;
	const station = new WiFiStation(
		new Board({ clock }).timer,
		() => {
			opened += 1;
			return wifi;
		},
		() => {
			addresses += 1;
		},
	);
	return { clock, wifi, station, counts: () => ({ opened, addresses }), run: (s: number) => clock.run(s * 1e9) };
}

test("the radio stays off until somebody joins a network", () => {
	const { station, counts, run } = bench();
	run(60);
	expect(counts()).toEqual({ opened: 0, addresses: 0 });
	expect([station.hasAddress, station.signalStrength]).toEqual([false, undefined]);
});

test("it joins with name and password, and an open network without one", () => {
	const { wifi, station, counts, run } = bench();
	station.join("shop", "secret");
	run(6);
	expect([station.hasAddress, station.signalStrength]).toEqual([true, -61]);
	station.join("open", "");
	run(6);
	expect(wifi.attempts).toEqual([{ SSID: "shop", password: "secret" }, { SSID: "open" }]);
	expect(counts().opened).toBe(1);
});

test("a network that is lost is joined again, and its address told again", () => {
	const { wifi, station, counts, run } = bench();
	station.join("shop", "secret");
	run(6);
	for (let loss = 0; loss < 3; loss++) {
		wifi.connection = 200;
		run(12);
		expect(station.hasAddress).toBe(true);
	}
	expect(counts().addresses).toBe(4);
});

test("an access point that does not answer is tried again and again", () => {
	const { wifi, station, run } = bench();
	wifi.addressAfterS = undefined;
	station.join("shop", "secret");
	run(120);
	expect(wifi.attempts.length).toBe(4);
	wifi.addressAfterS = 3;
	run(60);
	expect(station.hasAddress).toBe(true);
});

test("closing lets go of the radio", () => {
	const { wifi, station, run } = bench();
	station.join("shop", "secret");
	station.close();
	station.close();
	run(60);
	expect(wifi.closed).toBe(true);
	expect(wifi.attempts).toHaveLength(1);
});
