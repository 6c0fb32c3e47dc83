import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { isControllerConfiguration } from "../device/validators.generated.ts";
import { configHints } from "./config-schema.ts";
import { controllerConfiguration } from "./controller-configuration.ts";
import { type Config, type ConfigError, type ConfigOptions, parseConfig } from "./parse-config.ts";

const docs = new URL("../../../docs/", import.meta.url);
const example = readFileSync(new URL("examples/config.yaml", docs), "utf8");
const minimal = "mqtt: { broker: localhost }\ninventory:\n  cola: { weight: 355, tolerance: 5, price: 2.00 }\n";

function accepted(text: string, options?: ConfigOptions): Config {
	const result = parseConfig(text, options);
	expect(result.ok ? [] : result.errors.map((error) => error.message)).toEqual([]);
	if (!result.ok) {
		throw new Error("refused");
	}
	return result.config;
}

function refused(text: string, options?: ConfigOptions): readonly ConfigError[] {
	const result = parseConfig(text, options);
	return result.ok ? [] : result.errors;
}

/** The messages that the minimal file gets with further lines. */
function messages(more: string): string[] {
	return refused(`${minimal}${more}\n`).map((error) => error.message);
}

test("3.14 3.15 3.17 the example file is accepted as it stands, in production too", () => {
	const result = parseConfig(example, { production: true });
	expect(result).toMatchObject({ ok: true, warnings: [] });
	expect(accepted(example)).toMatchObject({
		machine: { id: "fridge-1", currency: "USD", holdCents: 2000 },
		mqtt: { port: 8883, tls: true, clientId: "retail_system", unlockTopic: "case/123/cmd" },
		camera: { widthPixels: 1280, heightPixels: 720, framesPerSecond: 30, storagePath: "/sd/videos" },
		products: [
			{ sku: "cola", name: "Cola", massMilligrams: 355_000, toleranceMilligrams: 5_000, priceCents: 200, shelf: 0 },
			{ sku: "chips", massMilligrams: 70_000, toleranceMilligrams: 4_000, priceCents: 150, shelf: 1 },
		],
		lock: { windowMs: 10_000, pulseMs: 4_800, ajarMs: 30_000 },
		languages: ["en", "es"],
	});
});

test("the guide describes every key, and shows the example's", () => {
	const guide = readFileSync(new URL("guides/configuration.md", docs), "utf8");
	const leaves = Object.keys(configHints).filter((key) => key.includes(".") && !key.endsWith(".*"));
	expect(leaves.filter((key) => !guide.includes(`\`${key}\``))).toEqual([]);
	const { pins } = parse(example) as { pins: object };
	expect(Object.keys(pins).filter((key) => !guide.includes(`\`pins.${key}\``))).toEqual([]);
});

test("a broker and one product are enough; the rest has defaults, pins among them", () => {
	const config = accepted(minimal);
	expect(config.pins.hx711Data).toHaveLength(4);
	expect(config).toMatchObject({ machine: { id: "fridge-1" }, server: { port: 5000, url: "http://localhost:5000" } });
	expect(config.products).toMatchObject([{ sku: "cola", name: "Cola" }]);
});

test("a pin map for the classic ESP32 is refused, pin by pin, with free ones", () => {
	const classic = `pins:
  mosfet: 26
  hall_sensor: 27
  hx711_sck: 14
  hx711_dt: 15
  oled_sda: 19
  oled_scl: 18
  neopixel: 23
  buzzer: 25
  tof_sda: 21
  tof_scl: 22
  pi_signal: 16
  link_rx: 1`;
	expect(messages(classic)).toEqual([
		"pins.mosfet: 26 carries flash and PSRAM on the ESP32-S3 (line 5). Free pins: 4, 5, 6.",
		"pins.hall_sensor: 27 carries flash and PSRAM on the ESP32-S3 (line 6). Free pins: 4, 5, 6.",
		"pins.oled_sda: 19 is a data line of the USB port (line 9). Free pins: 4, 5, 6.",
		"pins.neopixel: 23 does not exist on the ESP32-S3 (line 11). Free pins: 4, 5, 6.",
		"pins.buzzer: 25 does not exist on the ESP32-S3 (line 12). Free pins: 4, 5, 6.",
		"pins.tof_scl: 22 does not exist on the ESP32-S3 (line 14). Free pins: 4, 5, 6.",
	]);
});

test.each<[string, string[]]>([
	["pins: { mosfet: 14 }", ["pins.hx711_sck[0]: 14 is taken by pins.mosfet already. Free pins: 12, 1, 2."]],
	[
		"pins: { battery_adc: 40 }",
		[
			"pins.battery_adc: 40 cannot measure a voltage: only ADC1, pins 1 to 10, works beside Wi-Fi (line 4). Free pins: 1, 2.",
		],
	],
	[
		"pins: { tof_sda: 10 }",
		[
			"pins.tof_scl: is missing beside tof_sda. Give the ToF sensor both wires, for example those of the OLED, or neither.",
		],
	],
	[
		"pins: { hal_sensor: 4 }",
		["pins.hal_sensor: 4 is no key of the configuration (line 4). Did you mean hall_sensor?"],
	],
	[
		"pins: { mosfet: GPIO12 }",
		['pins.mosfet: "GPIO12" is text, which does not go here (line 4). Write a GPIO number of the ESP32-S3.'],
	],
	[
		"pins: { hx711_sck: [14, 4] }",
		["pins.hx711_dt: [15,5,7,9] has 4 pins, hx711_sck has 2. Give each HX711 a clock and a data pin."],
	],
	[
		"lock: { timeout: 600 }",
		[
			"lock.timeout: 600 is more than 60 (line 4). Write seconds, a whole number from 1 to 60: how long the door may wait to be opened.",
		],
	],
	[
		"lock: { pulse_ms: 9000 }",
		[
			"lock.pulse_ms: 9000 is more than 5000 (line 4). Write milliseconds, a whole number from 10 to 5000: the coil would burn past 5 s.",
		],
	],
	[
		"feedback: { languages: [en, fr] }",
		['feedback.languages[1]: "fr" is none of en, es (line 4). Write a language with screen texts: en or es.'],
	],
	[
		"wifi: { ssid: 12345, password: geheim }",
		[
			"wifi.ssid: 12345 is a number, which does not go here (line 4). Write the network's name, 1 to 32 characters, in quotes.",
		],
	],
	[
		"wifi: { ssid: shop, password: [1] }",
		[
			"wifi.password: (secret) is a list, which does not go here (line 4). Write the network's password, at most 63 characters, in quotes.",
		],
	],
	[
		"wifi: { ssid: shop }",
		["wifi.password: is missing. Add the network's password, at most 63 characters, in quotes."],
	],
	[
		"machine: { currency: XXQ }",
		[
			'machine.currency: "XXQ" is not a currency code of ISO 4217 (line 4). Write a currency code of ISO 4217, for example USD.',
		],
	],
	[
		"server: { url: shop.example.com }",
		[
			'server.url: "shop.example.com" is not an address that starts with http:// or https:// (line 4). Write the address that phones reach, for example https://shop.example.com.',
		],
	],
])("%s is refused with key, value, reason and a way out", (more, expected) => {
	expect(messages(more)).toEqual(expected);
});

test.each([
	["weight: 355.1234, tolerance: 5, price: 2", "inventory.cola.weight", "has more than three decimals"],
	["weight: 355, tolerance: 5, price: 2.005", "inventory.cola.price", "has more decimals than USD has"],
	["weight: -355, tolerance: 5, price: 2", "inventory.cola.weight", "is not grams, in digits"],
	["weight: 0.5, tolerance: 0, price: 2", "inventory.cola.weight", "is out of range"],
	["weight: 355, tolerance: 200, price: 2", "inventory.cola.tolerance", "is half of the weight 355 or more"],
	["weight: 355, tolerance: 5", "inventory.cola.price", "is missing"],
	[
		"weight: 355, tolerance: 5, price: 2, shelf: 4",
		"inventory.cola.shelf",
		"names a shelf without a scale; there are 4",
	],
	["weight: 355, tolerance: 5, price: 2, sku: Cola!", "inventory.cola.sku", "is out of range"],
])("a product with %s is refused", (fields, key, reason) => {
	expect(refused(`mqtt: { broker: b }\ninventory: { cola: { ${fields} } }\n`)).toMatchObject([{ key, reason }]);
});

test("a price keeps the digits that were written", () => {
	fc.assert(
		fc.property(fc.nat(99_999_999), (cents) => {
			const price = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
			const text = `mqtt: { broker: b }\ninventory: { cola: { weight: 355.125, tolerance: 5, price: ${price} } }`;
			expect(accepted(text).products).toMatchObject([{ priceCents: cents, massMilligrams: 355_125 }]);
		}),
		{ seed: 1, numRuns: 200 },
	);
});

test("secrets in the file are warned about, refused in production, and better taken from the environment", () => {
	const text = `${minimal.replace("localhost", "localhost, hmac_secret: geheim")}stripe: { api_key: sk_test_abc }\n`;
	const result = parseConfig(text);
	expect(result).toMatchObject({
		ok: true,
		warnings: [expect.stringContaining("MQTT_HMAC_SECRET"), expect.stringContaining("STRIPE_API_KEY")],
	});
	const errors = refused(text, { production: true });
	expect(errors.map((error) => error.key)).toEqual(["mqtt.hmac_secret", "stripe.api_key"]);
	expect(JSON.stringify(errors)).not.toMatch(/geheim|sk_test_abc/);
	const environment = { STRIPE_API_KEY: "sk_test_env", MQTT_HMAC_SECRET: "aus der Umgebung" };
	expect(accepted(text, { environment })).toMatchObject({
		stripe: { apiKey: "sk_test_env" },
		mqtt: { hmacSecret: "aus der Umgebung" },
	});
});

test("a malformed Stripe key is refused without being repeated", () => {
	expect(messages("stripe: { api_key: geheim }")).toEqual([
		"stripe.api_key: (secret) is not a secret or restricted key of Stripe (line 4). Write a key that starts with sk_test_, sk_live_, rk_test_ or rk_live_, or better set STRIPE_API_KEY.",
	]);
});

test("no error repeats what may be a secret", () => {
	for (const text of [
		"mqtt: { broker: b, hmac_secrett: geheim }",
		"wifi: geheim",
		"stripe: [geheim]",
		"mqtt:\n  hmac_secret: geheim\n broken",
		"geheim",
		"- geheim",
		"stripe: { api_key: [geheim] }",
	]) {
		const errors = refused(text);
		expect(errors.length).toBeGreaterThan(0);
		expect(JSON.stringify(errors)).not.toContain("geheim");
	}
});

test("what is not YAML is refused with the line", () => {
	expect(refused("mqtt:\n  broker: a\n broker: b\n")).toMatchObject([
		{ line: 3, reason: expect.stringMatching(/^is not YAML/) },
	]);
	expect(refused("mqtt: { broker: a }\nmqtt: { broker: b }\n")).toHaveLength(1);
	expect(refused("")).toMatchObject([{ reason: "is no list of sections" }]);
	expect(refused("- a")).toMatchObject([{ reason: "is no list of sections" }]);
});

test("all mistakes of a file are told at once", () => {
	expect(refused("lock: { timeout: 0 }\nserver: { port: 70000 }\n").map((error) => error.key)).toEqual([
		"mqtt",
		"server.port",
		"inventory",
		"lock.timeout",
	]);
});

test("whatever the file says, there is an answer, and an error always says what to do", () => {
	const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom<unknown>(4, 27, "en", [14, 4], { weight: 1 }));
	const sections = fc.dictionary(
		fc.constantFrom(
			"machine",
			"wifi",
			"mqtt",
			"lte",
			"stripe",
			"server",
			"camera",
			"pins",
			"inventory",
			"lock",
			"feedback",
			"locks",
		),
		fc.oneof(
			value,
			fc.dictionary(
				fc.constantFrom("id", "port", "broker", "mosfet", "tof_sda", "cola", "timeout", "languages"),
				value,
			),
		),
	);
	fc.assert(
		fc.property(
			fc.oneof(
				sections.map((file) => stringify(file)),
				fc.string(),
			),
			(text) => {
				for (const error of refused(text)) {
					expect(error.reason).not.toBe("");
					expect(error.remedy).toMatch(/^[A-Z].*[.?]$/s);
					expect(error.remedy).not.toContain("something else");
				}
			},
		),
		{ seed: 1, numRuns: 500 },
	);
});

test("a configuration and its calibrations make what the controller accepts", () => {
	const calibration = { zeroCounts: 100, loadCounts: 107_474, loadMilligrams: 1_000_000 };
	const key = { kid: "cloud-controller.1", key: "A".repeat(43) };
	const keys = { receive: key, send: { ...key, kid: "controller-cloud.1" } };
	const config = accepted(example);
	const made = controllerConfiguration(config, keys, [calibration, calibration, calibration, calibration]);
	expect(isControllerConfiguration(made)).toBe(true);
	expect(made.scales[3]).toEqual({ shelf: 3, clock: 8, data: 9, ...calibration });
	expect(() => controllerConfiguration(config, keys, [calibration])).toThrow(/Shelf 1 has no calibration/);
});
