import { z } from "zod";
import { machineIdSchema } from "../protocol/messages.ts";

/** Languages that the screen has texts for. */
export const screenLanguages = ["en", "es"] as const;

// Digits stay text until they are cents and milligrams: 1.15 is no number that binary can hold.
const decimal = (unit: string) => z.string().regex(/^[0-9]{1,12}(\.[0-9]+)?$/, `${unit}, in digits`);

const port = z.int().min(1).max(65_535);
const topic = z.string().regex(/^[^+#]{1,200}$/, "a topic without + and #");
const pin = z.int().min(0).max(48);
const pinOrPins = z.union([pin, z.array(pin).min(1).max(8)]);

/** `config.yaml` as it stands in the file. Names and nesting are those that owners already use. */
export const configFileSchema = z.strictObject({
	machine: z
		.strictObject({
			id: machineIdSchema.default("fridge-1"),
			currency: z
				.string()
				.toUpperCase()
				.refine((code) => Intl.supportedValuesOf("currency").includes(code), "a currency code of ISO 4217")
				.default("USD"),
			hold_cents: z.int().min(1).max(100_000_000).default(2_000),
		})
		.prefault({}),
	wifi: z.strictObject({ ssid: z.string().min(1).max(32), password: z.string().max(63) }).optional(),
	mqtt: z.strictObject({
		broker: z.string().min(1).max(253),
		port: port.default(1883),
		tls: z.boolean().default(false),
		ca_file: z.string().min(1).optional(),
		client_id: z.string().min(1).max(64).default("retail_system"),
		unlock_topic: topic.optional(),
		status_topic: topic.optional(),
		door_topic: topic.optional(),
		hmac_secret: z.string().min(1).optional(),
	}),
	lte: z.strictObject({ apn: z.string().min(1).max(100) }).optional(),
	stripe: z
		.strictObject({
			api_key: z
				.string()
				.regex(/^(sk|rk)_(test|live)_\w+$/, "a secret or restricted key of Stripe")
				.optional(),
		})
		.prefault({}),
	server: z
		.strictObject({
			host: z.string().min(1).default("0.0.0.0"),
			port: port.default(5000),
			url: z.url({ protocol: /^https?$/, message: "an address that starts with http:// or https://" }).optional(),
		})
		.prefault({}),
	camera: z
		.strictObject({
			resolution: z.tuple([z.int().min(160).max(4096), z.int().min(120).max(4096)]).default([1280, 720]),
			framerate: z.int().min(1).max(120).default(30),
			storage_path: z.string().min(1).default("/sd/videos"),
		})
		.prefault({}),
	pins: z
		.strictObject({
			mosfet: pin.default(12),
			hall_sensor: pin.default(13),
			hx711_sck: pinOrPins.default([14, 4, 6, 8]),
			hx711_dt: pinOrPins.default([15, 5, 7, 9]),
			oled_sda: pin.default(10),
			oled_scl: pin.default(11),
			neopixel: pin.default(21),
			buzzer: pin.default(47),
			tof_sda: pin.optional(),
			tof_scl: pin.optional(),
			pi_signal: pin.default(16),
			battery_adc: pin.optional(),
			link_tx: pin.default(17),
			link_rx: pin.default(18),
		})
		.prefault({}),
	inventory: z
		.record(
			z.string(),
			z.strictObject({
				weight: decimal("grams"),
				tolerance: decimal("grams"),
				price: decimal("an amount of money"),
				shelf: z.int().min(0).max(7).default(0),
				name: z.string().min(1).max(64).optional(),
				sku: z.string().optional(),
			}),
		)
		.refine((inventory) => Object.keys(inventory).length > 0, "at least one product"),
	lock: z
		.strictObject({
			timeout: z.int().min(1).max(60).default(10),
			pulse_ms: z.int().min(10).max(5_000).default(4_800),
			ajar_after: z.int().min(1).max(86_400).default(30),
		})
		.prefault({}),
	feedback: z
		.strictObject({
			languages: z
				.array(z.enum(screenLanguages))
				.min(1)
				.default([...screenLanguages]),
		})
		.prefault({}),
});

/** What to write, for people: one line a key. `*` stands for the name of a product. */
export const configHints: { readonly [key: string]: string } = {
	machine: "a section with id, currency and hold_cents",
	"machine.id": "lower-case letters, digits and dashes, for example fridge-1",
	"machine.currency": "a currency code of ISO 4217, for example USD",
	"machine.hold_cents": "the amount held before the door opens, in whole cents, for example 2000",
	wifi: "a section with ssid and password, or no wifi at all",
	"wifi.ssid": "the network's name, 1 to 32 characters, in quotes",
	"wifi.password": "the network's password, at most 63 characters, in quotes",
	mqtt: "a section with at least broker",
	"mqtt.broker": "the broker's name or address, for example 192.168.1.10",
	"mqtt.port": "a whole number from 1 to 65535; 1883 is plain MQTT, 8883 MQTT over TLS",
	"mqtt.tls": "true or false",
	"mqtt.ca_file": "the path of a PEM file, for example /etc/visionvend/ca.pem",
	"mqtt.client_id": "1 to 64 characters, for example retail_system",
	"mqtt.unlock_topic": "a topic without + and #, for example case/123/cmd",
	"mqtt.status_topic": "a topic without + and #, for example case/123/status",
	"mqtt.door_topic": "a topic without + and #, for example case/123/door",
	"mqtt.hmac_secret": "the secret in quotes, or better in the environment variable MQTT_HMAC_SECRET",
	lte: "a section with apn, or no lte at all",
	"lte.apn": "the access point name of your SIM card's operator",
	stripe: "a section with api_key, or no stripe at all",
	"stripe.api_key": "a key that starts with sk_test_, sk_live_, rk_test_ or rk_live_, or better set STRIPE_API_KEY",
	server: "a section with host, port and url",
	"server.host": "the address to listen on, for example 0.0.0.0",
	"server.port": "a whole number from 1 to 65535, for example 5000",
	"server.url": "the address that phones reach, for example https://shop.example.com",
	camera: "a section with resolution, framerate and storage_path",
	"camera.resolution": "width and height in pixels, for example [1280, 720]",
	"camera.resolution.*": "a whole number of pixels up to 4096",
	"camera.framerate": "frames per second, a whole number from 1 to 120",
	"camera.storage_path": "a folder for recordings, for example /sd/videos",
	pins: "a section with GPIO numbers",
	"pins.*": "a GPIO number of the ESP32-S3",
	"pins.hx711_sck": "a GPIO number, or a list of one for each shelf, for example [14, 4, 6, 8]",
	"pins.hx711_dt": "a GPIO number, or a list of one for each shelf, for example [15, 5, 7, 9]",
	inventory: "at least one product, for example cola: { weight: 355, tolerance: 5, price: 2.00 }",
	"inventory.*": "a product, for example { weight: 355, tolerance: 5, price: 2.00 }",
	"inventory.*.weight": "the mass of one unit in grams, from 1 to 50000, at most three decimals",
	"inventory.*.tolerance": "how far units differ from that mass, in grams, at most three decimals",
	"inventory.*.price": "the price of one unit, for example 2.00",
	"inventory.*.shelf": "the number of its shelf; 0 is the topmost",
	"inventory.*.name": "what the screen and the receipt show, 1 to 64 characters",
	"inventory.*.sku": "lower-case letters, digits and dashes, at most 64",
	lock: "a section with timeout, pulse_ms and ajar_after",
	"lock.timeout": "seconds, a whole number from 1 to 60: how long the door may wait to be opened",
	"lock.pulse_ms": "milliseconds, a whole number from 10 to 5000: the coil would burn past 5 s",
	"lock.ajar_after": "seconds, a whole number from 1 to 86400",
	feedback: "a section with languages",
	"feedback.languages": "a list of languages with screen texts: [en, es]",
	"feedback.languages.*": "a language with screen texts: en or es",
};
