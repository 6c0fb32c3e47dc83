import { z } from "zod";
import { basketDecisionSchema } from "../basket/basket-decision.ts";
import type {
	AckBody,
	AcknowledgementBody,
	CommandBody,
	CommandStatusBody,
	ConfigurationUpdateBody,
	ControllerConfiguration,
	DispenseBody,
	DispenseResult,
	DoorBody,
	FirmwareChunkBody,
	FirmwareManifestBody,
	FirmwareRequestBody,
	HealthBody,
	HelloBody,
	HelloRequestBody,
	ReceiptBody,
	RemoteCommandBody,
	SaleFlag,
	SaleReportBody,
	ShelfReading,
	UnlockBody,
	WeightCurveBody,
	WeightPoint,
} from "../device/messages.ts";

export type {
	AckBody,
	AcknowledgementBody,
	CommandBody,
	CommandStatusBody,
	ConfigurationUpdateBody,
	ControllerConfiguration,
	DispenseBody,
	DispenseResult,
	DoorBody,
	FirmwareChunkBody,
	FirmwareManifestBody,
	FirmwareRequestBody,
	HealthBody,
	HelloBody,
	HelloRequestBody,
	ReceiptBody,
	RemoteCommandBody,
	SaleFlag,
	SaleReportBody,
	ShelfReading,
	UnlockBody,
	WeightCurveBody,
	WeightPoint,
};

// Unknown members are ignored, here and on the device: a newer cloud may say more than an older controller knows.

const unsigned32 = 4_294_967_295;
const dayMs = 86_400_000;

/** Names a machine in topics, claims and keys: lower-case letters, digits and dashes, 1 to 63 characters. */
export const machineIdSchema = z
	.string()
	.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and dashes, 1 to 63, no dash first");

/** Names a sale: 1 to 64 characters of the base64url alphabet. */
export const saleIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "letters, digits, - and _, 1 to 64");

/** A sale, or the empty string where the message belongs to none. */
const saleIdOrNone = z.string().regex(/^[A-Za-z0-9_-]{0,64}$/, "letters, digits, - and _, at most 64");

/** A language tag of RFC 5646 as far as screens need it: `en`, `es`, `pt-BR`. */
export const languageSchema = z
	.string()
	.regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, "a language tag such as en or pt-BR");

/** ISO 4217, either case: Stripe writes `usd`, people `USD`. */
export const currencySchema = z.string().regex(/^[A-Za-z]{3}$/, "three letters of ISO 4217 such as USD");

/** `fridge`: a door that people open. `vending`: slots that let goods fall. `coffee`: recipes that are made. */
export const machineKindSchema = z.enum(["fridge", "vending", "coffee"]);

const counter = z.int().min(0).max(unsigned32);
const milligrams = z.int().min(-200_000_000).max(200_000_000);
const shelf = z.int().min(0).max(15);
const word = z.string().max(64);

export const helloRequestBodySchema = z.object({ request: z.string().regex(/^[A-Za-z0-9_-]{0,64}$/) });

export const unlockBodySchema = z.object({
	saleId: saleIdSchema,
	counter: z.int().min(1).max(unsigned32),
	windowMs: z.int().min(1_000).max(60_000),
	language: languageSchema,
});

const slot = z.int().min(0).max(15);
const commandId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "letters, digits, - and _, 1 to 64");

export const dispenseBodySchema = z.object({
	saleId: saleIdSchema,
	counter: z.int().min(1).max(unsigned32),
	slots: z.array(slot).min(1).max(10),
	language: languageSchema,
});

export const acknowledgementBodySchema = z.object({
	reportId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
	saleId: saleIdOrNone,
});

export const remoteActionSchema = z.enum([
	"reboot",
	"service-start",
	"service-end",
	"tare",
	"calibrate",
	"diagnose",
	"identify",
	"clear-food-lock",
	"refill",
]);

export const remoteCommandBodySchema = z.object({
	commandId,
	action: remoteActionSchema,
	shelf,
	milligrams: z.int().min(0).max(200_000_000),
	minutes: z.int().min(0).max(240),
});

export const commandStatusBodySchema = z.object({
	commandId,
	state: z.enum(["received", "running", "done", "failed", "expired"]),
	reason: word,
	detail: z.string().max(512),
});

export const firmwareManifestBodySchema = z.object({
	commandId,
	product: word,
	hardware: word,
	version: z
		.string()
		.regex(/^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$/, "a version such as 1.4.2"),
	floor: counter,
	byteLength: z.int().min(1).max(8_388_608),
	sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "32 bytes as base64url"),
	signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/, "64 bytes as base64url"),
});

export const firmwareRequestBodySchema = z.object({
	commandId,
	offset: z.int().min(0).max(8_388_608),
	byteLength: z.int().min(1).max(768),
});

export const firmwareChunkBodySchema = z.object({
	commandId,
	offset: z.int().min(0).max(8_388_608),
	// No pattern: XS would match so long a text on its stack. Whoever decodes it checks the alphabet.
	data: z.string().min(1).max(1_024),
});

export const receiptBodySchema = z.object({
	saleId: saleIdSchema,
	outcome: z.enum(["captured", "cancelled", "review"]),
	items: z.array(z.object({ name: z.string().min(1).max(64), quantity: z.int().min(1).max(99) })).max(16),
	totalCents: z.int().min(0).max(1_000_000_000),
	currency: currencySchema,
	language: languageSchema,
});

export const helloBodySchema = z.object({
	request: z.string().regex(/^[A-Za-z0-9_-]{0,64}$/),
	boot: counter,
	nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/, "16 bytes as base64url"),
	counter,
	executed: z.int().min(0).max(unsigned32),
	phase: word,
	firmware: word,
	resetReason: word,
	kind: machineKindSchema,
	configuration: counter,
});

export const doorBodySchema = z.object({
	state: z.enum(["opened", "closed", "ajar", "forced"]),
	saleId: saleIdOrNone,
	atMs: z.int().min(0),
});

export const commandBodySchema = z.object({
	saleId: saleIdSchema,
	counter,
	result: z.enum(["executed", "refused"]),
	reason: word,
});

export const shelfReadingSchema = z.object({
	shelf,
	baselineMilligrams: milligrams,
	finalMilligrams: milligrams,
	spreadMilligrams: z.int().min(0).max(400_000_000),
});

export const saleFlagSchema = z.enum(["ajar", "resumed", "forced", "unstable", "scale-fault"]);

export const saleReportBodySchema = z.object({
	saleId: saleIdOrNone,
	counter,
	boot: counter,
	opened: z.boolean(),
	doorOpenMs: z.int().min(0),
	flags: z.array(saleFlagSchema).max(8),
	shelves: z.array(shelfReadingSchema).max(8),
	dispensed: z.array(z.object({ slot, outcome: z.enum(["delivered", "failed", "unknown"]), reason: word })).max(10),
});

export const weightCurveBodySchema = z.object({
	saleId: saleIdOrNone,
	atMs: z.int().min(0),
	points: z
		.array(
			z.object({
				shelf,
				atMs: z.int().min(0),
				milligrams,
				spreadMilligrams: z.int().min(0).max(400_000_000),
				stable: z.boolean(),
			}),
		)
		.max(12),
});

export const ackBodySchema = z.object({
	reportId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
	saleId: saleIdOrNone,
	outcome: word,
});

export const healthBodySchema = z.object({
	uptimeMs: z.int().min(0),
	boot: counter,
	doorClosed: z.boolean(),
	massesMilligrams: z.array(milligrams).max(8),
	phase: word,
	resetReason: word,
	memoryFreeBytes: z.int().min(0).max(unsigned32),
	supplyMillivolts: z.int().min(0).max(60_000).optional(),
	temperatureCentidegrees: z.int().min(-5_500).max(12_500).optional(),
	signalDbm: z.int().min(-150).max(0).optional(),
	bins: z
		.array(z.object({ name: word, portions: z.int().min(-1).max(100_000), low: z.boolean() }))
		.max(8)
		.optional(),
	faults: z.array(word).max(16),
});

/** pi → cloud: the controller's sealed sale report, verbatim, and what the pi makes of its weights. */
export const reportBodySchema = z.object({
	reportId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
	/** Empty for a forced opening. */
	saleId: saleIdOrNone,
	/** The compact JWS that the controller sent; 2,048 characters is the most that a controller seals. */
	report: z.string().min(1).max(2_048),
	decision: basketDecisionSchema,
});

/** pi → cloud: the controller's sealed sale report, verbatim, and what the pi makes of its weights. */
export type ReportBody = z.infer<typeof reportBodySchema>;

const key = z.object({
	kid: z.string().regex(/^(cloud|controller|pi)-(cloud|controller|pi)\.[0-9]{1,6}$/, "from-to.version"),
	key: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "32 bytes as base64url"),
});

/** A GPIO of the ESP32-S3. Which of them a board leaves free is another question: `config/esp32s3-pins.ts`. */
const pin = z.int().min(0).max(48);
const counts = z.int().min(-8_388_608).max(8_388_607);

const gpios = z.object({
	lock: pin,
	hall: pin,
	oledData: pin,
	oledClock: pin,
	neopixel: pin,
	buzzer: pin,
	linkReceive: pin,
	linkTransmit: pin,
	piSignal: pin,
	bolt: pin.optional(),
	modemPower: pin.optional(),
	restockButton: pin.optional(),
	pir: pin.optional(),
});

const uplink = z.object({
	via: z.enum(["pi", "wifi", "lte"]),
	ssid: z.string().min(1).max(32).optional(),
	password: z.string().max(63).optional(),
	apn: z.string().min(1).max(100).optional(),
	broker: z
		.object({
			host: z.string().min(1).max(253),
			port: z.int().min(1).max(65_535),
			tls: z.boolean(),
			user: z.string().min(1).max(64),
			password: z.string().max(64),
		})
		.optional(),
});

const scales = z
	.array(
		z.object({
			shelf,
			clock: pin,
			data: pin,
			zeroCounts: counts,
			loadCounts: counts,
			loadMilligrams: z.int().min(1).max(200_000_000),
		}),
	)
	.max(8);

const lock = z.object({
	pulseMs: z.int().min(10).max(5_000),
	windowMs: z.int().min(1_000).max(60_000),
	ajarMs: z.int().min(1_000).max(dayMs),
});

const ohms = z.int().min(1).max(10_000_000);

const battery = z.object({
	pin,
	upperOhms: ohms,
	lowerOhms: ohms,
	lowMillivolts: z.int().min(0).max(60_000),
});

const foodSafety = z.object({
	receive: pin,
	transmit: pin,
	limitCentidegrees: z.int().min(-3_000).max(6_500),
});

const vending = z.object({ motors: z.array(pin).min(1).max(8), home: pin, drop: pin, emitter: pin.optional() });

/** One thing that a coffee machine does; the unit of `amount` goes by the step. */
export const recipeStepSchema = z.object({
	step: z.enum(["grind", "heat", "pump", "pause"]),
	amount: z.int().min(0).max(60_000),
});

/** What a coffee machine can make. */
export const recipeSchema = z.object({
	number: slot,
	name: z.string().min(1).max(32),
	steps: z.array(recipeStepSchema).min(1).max(12),
	takes: z.array(z.int().min(0).max(100)).max(4),
});

const coffee = z.object({
	pins: z.object({
		grinder: pin,
		pump: pin,
		flow: pin,
		heater: pin,
		thermometer: pin,
		safety: pin.optional(),
		water: pin.optional(),
	}),
	bins: z.array(z.object({ name: z.string().min(1).max(16), pin, portions: z.int().min(1).max(10_000) })).max(4),
	recipes: z.array(recipeSchema).max(8),
});

const settings = {
	kind: machineKindSchema,
	uplink,
	pins: gpios,
	scales,
	lock,
	languages: z.array(languageSchema).min(1).max(8),
	linkBaud: z.int().min(9_600).max(3_000_000),
};
const optionalSettings = {
	battery: battery.optional(),
	foodSafety: foodSafety.optional(),
	vending: vending.optional(),
	coffee: coffee.optional(),
};

export const controllerConfigurationSchema = z.object({
	machineId: machineIdSchema,
	version: counter,
	keys: z.object({ receive: key, send: key }),
	firmwareKey: z
		.string()
		.regex(/^[A-Za-z0-9_-]{87}$/, "65 bytes as base64url")
		.optional(),
	...settings,
	...optionalSettings,
});

/** The last letter has two bits to spare, which are 0. */
const maskedSecret = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, "32 bytes as base64url");

export const keyRotationSchema = z.object({
	version: z.int().min(2).max(999_999),
	salt: z.string().regex(/^[A-Za-z0-9_-]{21}[AQgw]$/, "16 bytes as base64url"),
	receive: maskedSecret,
	send: maskedSecret,
	broker: maskedSecret,
});

/** pi → cloud: it has the keys of this version for good. */
export const keysStatusBodySchema = z.object({ version: keyRotationSchema.shape.version });

export const configurationUpdateBodySchema = z.object({
	commandId,
	version: z.int().min(1).max(unsigned32),
	settings: z.object({ ...settings, ...optionalSettings, keyRotation: keyRotationSchema }).partial(),
});
