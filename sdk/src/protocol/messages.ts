import { z } from "zod";
import { basketDecisionSchema } from "../basket/basket-decision.ts";
import type {
	AckBody,
	CommandBody,
	ControllerConfiguration,
	DoorBody,
	HealthBody,
	HelloBody,
	HelloRequestBody,
	ReceiptBody,
	SaleFlag,
	SaleReportBody,
	ShelfReading,
	UnlockBody,
} from "../device/messages.ts";

export type {
	AckBody,
	CommandBody,
	ControllerConfiguration,
	DoorBody,
	HealthBody,
	HelloBody,
	HelloRequestBody,
	ReceiptBody,
	SaleFlag,
	SaleReportBody,
	ShelfReading,
	UnlockBody,
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

export const controllerConfigurationSchema = z.object({
	machineId: machineIdSchema,
	keys: z.object({ receive: key, send: key }),
	pins: z.object({
		lock: pin,
		hall: pin,
		oledData: pin,
		oledClock: pin,
		neopixel: pin,
		buzzer: pin,
		linkReceive: pin,
		linkTransmit: pin,
		piSignal: pin,
	}),
	scales: z
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
		.min(1)
		.max(8),
	lock: z.object({
		pulseMs: z.int().min(10).max(5_000),
		windowMs: z.int().min(1_000).max(60_000),
		ajarMs: z.int().min(1_000).max(dayMs),
	}),
	languages: z.array(languageSchema).min(1).max(8),
	linkBaud: z.int().min(9_600).max(3_000_000),
});
