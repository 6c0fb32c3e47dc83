import { usualFuzzyThreshold } from "@visionvend/sdk/catalog/match-product";
import { z } from "zod";
import { refuseWeakSecret } from "./auth/weak-secret.ts";
import { isRemote } from "./db/database.ts";

const optional = z
	.string()
	.transform((text) => (text.trim() === "" ? undefined : text.trim()))
	.optional();

const httpUrl = z.url({ protocol: /^https?$/, error: "http:// or https:// and a host" });
const nameHint = "letters, digits, - and _, at most 64";
const isName = (name: string | undefined): boolean => name === undefined || /^[\w-]{1,64}$/.test(name);

const databaseHint = "file: and a path, or libsql:// and a server";
const isDatabase = (url: string): boolean => /^file:./.test(url) || isRemote(url);

const variablesSchema = z.object({
	DATABASE_URL: z.string().refine(isDatabase, databaseHint).default("file:./visionvend.db"),
	TELEMETRY_DATABASE_URL: optional.refine((url) => url === undefined || isDatabase(url), databaseHint),
	JWT_SECRET: z
		.string({ error: "is missing; make one with: openssl rand -base64 48" })
		.superRefine((secret, context) => {
			try {
				refuseWeakSecret(secret);
			} catch (error) {
				if (!(error instanceof RangeError)) throw error;
				context.addIssue({ code: "custom", message: error.message, input: "(secret)" });
			}
		}),
	STRIPE_API_KEY: optional,
	STRIPE_API_BASE: httpUrl.optional(),
	STRIPE_WEBHOOK_SECRET: optional,
	RAZORPAY_KEY_ID: optional,
	RAZORPAY_KEY_SECRET: optional,
	RAZORPAY_API_BASE: httpUrl.optional(),
	RAZORPAY_WEBHOOK_SECRET: optional,
	OTA_PUBLIC_KEYS: z
		.string()
		.default("")
		.transform((text) =>
			text
				.split(",")
				.map((key) => key.trim())
				.filter((key) => key !== ""),
		),
	PUBLIC_URL: z.url({ protocol: /^https?$/, error: "http:// or https:// and a host" }).optional(),
	MQTT_BROKER_URL: z
		.url({ protocol: /^mqtts?$/, error: "mqtt:// or mqtts:// and a host" })
		.default("mqtt://127.0.0.1:1883"),
	MQTT_USERNAME: optional,
	MQTT_PASSWORD: optional,
	MQTT_CA_FILE: optional,
	FUZZY_MATCH_THRESHOLD: z.coerce.number().min(0).max(1).default(usualFuzzyThreshold),
	DETECTOR_URL: httpUrl.optional(),
	DETECTOR_TOKEN: optional,
	OLLAMA_ENDPOINT: httpUrl.optional(),
	OLLAMA_MODEL: z.string().min(1).default("llava-phi3"),
	OLLAMA_TIMEOUT: z.coerce.number().min(1).max(600).default(30),
	SMTP_URL: z.url({ protocol: /^smtps?$/, error: "smtp:// or smtps:// and a host" }).optional(),
	MAIL_FROM: optional,
	SMS_ACCOUNT_SID: optional,
	SMS_AUTH_TOKEN: optional,
	SMS_FROM: optional,
	SMS_API_BASE: z.url({ protocol: /^https?$/ }).default("https://api.twilio.com"),
	VAPID_PUBLIC_KEY: optional,
	VAPID_PRIVATE_KEY: optional,
	VAPID_SUBJECT: optional,
	OPERATOR_EMAIL: optional,
	GOOGLE_SERVICE_ACCOUNT_FILE: optional,
	OUTGOING_ALLOWED_RANGES: z
		.string()
		.default("")
		.transform((text) =>
			text
				.split(",")
				.map((range) => range.trim())
				.filter((range) => range !== ""),
		),
	MQTT_CLIENT_ID: optional.refine(isName, nameHint),
	MQTT_SHARE_NAME: optional.refine(isName, nameHint),
	CORS_ORIGINS: z
		.string()
		.default("http://localhost:5173,http://localhost:3000")
		.transform((text) => text.split(",").map((origin) => origin.trim()))
		.pipe(
			z.array(z.string().regex(/^https?:\/\/[\w.-]+(:\d+)?$/, "origins such as https://console.example, with commas")),
		),
	DATABASE_ENCRYPTION_KEY: optional.refine((key) => key === undefined || key.length >= 32, {
		error: "has fewer than 32 characters; make one with: openssl rand -base64 48",
	}),
	TENANT_FILE_KEY: optional.refine((key) => key === undefined || key.length >= 32, {
		error: "has fewer than 32 characters; make one with: openssl rand -base64 48",
	}),
	METRICS_TOKEN: optional.refine((token) => token === undefined || token.length >= 16, {
		error: "has fewer than 16 characters; make one with: openssl rand -base64 24",
	}),
	METRICS_LISTEN: z
		.string()
		.regex(/^[\w.-]+:\d{1,5}$/, "an address and a port, such as 127.0.0.1:9464")
		.optional(),
	ENABLE_SSE: z.stringbool().default(true),
	ENABLE_DEVICE_TOKEN: z.stringbool().default(true),
	MONITORING_ENABLED: z.stringbool().default(true),
	LOG_LEVEL: z.enum(["info", "warn", "error"]).default("info"),
	TRUST_PROXY: z.stringbool().default(false),
	HOST: z.string().min(1).default("0.0.0.0"),
	PORT: z.coerce.number().int().min(0).max(65_535).default(8_000),
});

const settingsSchema = variablesSchema.superRefine(({ DATABASE_URL, TELEMETRY_DATABASE_URL }, context) => {
	if (isRemote(DATABASE_URL) && TELEMETRY_DATABASE_URL === undefined) {
		context.addIssue({
			code: "custom",
			path: ["TELEMETRY_DATABASE_URL"],
			message: "is missing; with a server for sales say where measurements go, a file or another database of a server",
		});
	}
});

/** What the environment says, checked. */
export type Settings = z.infer<typeof settingsSchema>;

/** @throws Error that names every variable that is wrong; no value is repeated in it */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
	const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
	const parsed = settingsSchema.safeParse(given);
	if (parsed.success) return parsed.data;
	const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
	throw new Error(`The environment is not usable:\n${problems.join("\n")}\nSee cloud-lite/.env.example.`);
}
