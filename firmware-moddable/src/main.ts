import resetReason from "resetReason";
import device from "embedded:provider/builtin";
import storages from "embedded:storage/key-value";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import config from "mc/config";
import FFI from "mc/ffi";
import Time from "time";
import Timer from "timer";
import { bufferedSerial } from "./moddable/buffered-serial.ts";
import { checkedI2C } from "./moddable/checked-i2c.ts";
import { dataOnlySPI } from "./moddable/data-only-spi.ts";
import { MonotonicTicks } from "./moddable/monotonic-ticks.ts";
import { start } from "./start.ts";

// Entry of the device build: the Moddable SDK's modules become the host of the controller. Simulators have their own.

/** UART 0 is the debugger's. */
const LINK_PORT = 1;
/** SPI3; flash and PSRAM have 0 and 1. The clock's pin is one that no machine may use (sdk/src/config/esp32s3-pins.ts). */
const LIGHT_SPI = Object.freeze({ port: 2, clock: 42 });

const native = new FFI();
// Without Wi-Fi and Bluetooth only this makes esp_random more than a pseudo-random sequence (ESP-IDF, "Random Number
// Generation"). Whoever adds a radio or the ADC has to switch it off first.
native.bootloader_random_enable();

const storage = storages.open({ path: "visionvend", format: "buffer" });
const { configuration } = config;
if (typeof configuration === "string" && storage.read("configuration") === undefined) {
	storage.write("configuration", encodeUtf8(configuration));
}

const ticks = new MonotonicTicks(
	() => Time.ticks,
	(from, to) => Time.delta(from, to),
);

start({
	io: {
		Analog: device.io.Analog,
		Digital: device.io.Digital,
		I2C: checkedI2C(device.io.I2C),
		SPI: dataOnlySPI(device.io.SPI, LIGHT_SPI),
		PWM: device.io.PWM,
		Serial: bufferedSerial(device.io.Serial, LINK_PORT),
	},
	timer: Timer,
	storage,
	ticks: () => ticks.now(),
	random(byteLength) {
		const bytes = new Uint8Array(byteLength);
		for (let index = 0; index < byteLength; index++) bytes[index] = native.esp_random();
		return bytes;
	},
	memoryFree: () => native.esp_get_free_heap_size(),
	signalStrength: () => undefined,
	log: (event, detail) => trace(event, " ", JSON.stringify(detail), "\n"),
	resetReason: resetReason().string,
	restart: () => native.esp_restart(),
});
