import resetReason from "resetReason";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import MQTTClient from "embedded:network/mqtt/client";
import device from "embedded:provider/builtin";
import storages from "embedded:storage/key-value";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import config from "mc/config";
import FFI from "mc/ffi";
// biome-ignore lint/style/useNodejsImportProtocol: this one is the Moddable SDK's.
import Net from "net";
import SNTP from "sntp";
import Time from "time";
import Timer from "timer";
import { bufferedSerial } from "./moddable/buffered-serial.ts";
import { checkedI2C } from "./moddable/checked-i2c.ts";
import { dataOnlySPI } from "./moddable/data-only-spi.ts";
import { MonotonicTicks } from "./moddable/monotonic-ticks.ts";
import { moddableMQTT } from "./moddable/mqtt-session.ts";
import { NativeSlots } from "./moddable/native-slots.ts";
import { Randomness } from "./moddable/randomness.ts";
import { WiFiStation } from "./moddable/wifi-station.ts";
import { start } from "./start.ts";

// Entry of the device build: the Moddable SDK's modules become the host of the controller. Simulators have their own.

/** UART 0 is the debugger's. */
const LINK_PORT = 1;
/** SPI3; flash and PSRAM have 0 and 1. The clock's pin is one that no machine may use (sdk/src/config/esp32s3-pins.ts). */
const LIGHT_SPI = Object.freeze({ port: 2, clock: 42 });

/** For certificates, whose dates a TLS client looks at. Nothing else of the controller knows what time it is. */
const TIME_SERVER = "pool.ntp.org";
const NAME_SERVERS = Object.freeze(["1.1.1.1", "8.8.8.8"]);
const SEED_BYTES = 48;

const native = new FFI();

/** The ADC's noise for esp_random, before anybody else uses the ADC or the radio. */
function seed(): Uint8Array {
	const bytes = new Uint8Array(SEED_BYTES);
	native.bootloader_random_enable();
	for (let index = 0; index < SEED_BYTES; index++) bytes[index] = native.esp_random();
	native.bootloader_random_disable();
	return bytes;
}
const randomness = new Randomness(seed(), () => native.esp_random());

const storage = storages.open({ path: "visionvend", format: "buffer" });
const { configuration } = config;
if (typeof configuration === "string" && storage.read("configuration") === undefined) {
	storage.write("configuration", encodeUtf8(configuration));
}

const ticks = new MonotonicTicks(
	() => Time.ticks,
	(from, to) => Time.delta(from, to),
);

const wifi = new WiFiStation(
	Timer,
	() => new WiFi({}),
	() => {
		new SNTP({ host: TIME_SERVER }, (message, value) => {
			if (message === SNTP.time && typeof value === "number") Time.set(value);
		});
	},
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
	microseconds: () => Time.microseconds,
	mqtt: moddableMQTT({
		timer: Timer,
		isUp: () => wifi.hasAddress,
		Client: MQTTClient,
		Resolver,
		resolver() {
			const servers = Net.get("DNS");
			return { servers: servers.length > 0 ? servers : NAME_SERVERS, socket: { io: UDP } };
		},
		socket: (tls) => (tls ? { io: TLSSocket, TCP: { io: TCP } } : { io: TCP }),
	}),
	joinWiFi: (ssid, password) => wifi.join(ssid, password),
	firmware: new NativeSlots(native),
	random: (byteLength) => randomness.bytes(byteLength),
	memoryFree: () => native.esp_get_free_heap_size(),
	signalStrength: () => wifi.signalStrength,
	log: (event, detail) => trace(event, " ", JSON.stringify(detail), "\n"),
	resetReason: resetReason().string,
	restart: () => native.esp_restart(),
});
