import { productSchema } from "@visionvend/sdk/catalog/product";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import { z } from "zod";
import { detectServiceSchema } from "./detect/http/detect-configuration.ts";
import { visionSchema } from "./events/vision-configuration.ts";

function keySchema(direction: "cloud-pi" | "pi-cloud") {
	return z.strictObject({
		kid: z
			.string()
			.regex(
				new RegExp(`^${direction}\\.[1-9][0-9]{0,5}$`),
				`must be "${direction}." and a version such as "${direction}.1"; the cloud's machine registry gives it`,
			),
		key: z
			.string()
			.refine((text) => decodeBase64url(text)?.length === 32, "must be 32 bytes as base64url (43 characters)"),
	});
}

const uartSchema = z.string().refine(
	(uart) => {
		if (uart.startsWith("/dev/")) return true;
		if (!URL.canParse(uart)) return false;
		const { protocol, hostname, port } = new URL(uart);
		return protocol === "tcp:" && hostname !== "" && port !== "";
	},
	{ error: 'must be a serial device such as "/dev/serial0", or "tcp://host:port"' },
);

const brokerUrlSchema = z.string().refine((url) => URL.canParse(url) && /^mqtts?:$/.test(new URL(url).protocol), {
	error: 'must be "mqtts://host:8883" (or "mqtt://…" on this machine)',
});

/** The file that `visionvend-pi --config` reads. */
export const piConfigurationSchema = z.strictObject({
	machineId: machineIdSchema,
	keys: z.strictObject({ receive: keySchema("cloud-pi"), send: keySchema("pi-cloud") }),
	products: z
		.array(productSchema)
		.refine((products) => new Set(products.map(({ sku }) => sku)).size === products.length, "each sku may stand once"),
	databaseUrl: z
		.string()
		.regex(/^file:(?!:memory:)./, 'must be a file such as "file:/var/lib/visionvend/pi.db"')
		.default("file:/var/lib/visionvend/pi.db"),
	broker: z.strictObject({
		url: brokerUrlSchema,
		username: z.string().min(1),
		password: z.string().min(1),
		caFile: z.string().min(1).optional(),
	}),
	uart: uartSchema.default("/dev/serial0"),
	baud: z.int().min(9_600).max(3_000_000).default(115_200),
	healthPort: z.int().min(0).max(65_535).default(8_081),
	/** Lines of the log that the cloud gets, too; those from `warn` on where not given. */
	cloudLogLevel: z.enum(["info", "warn", "error"]).optional(),
	/** Cameras and what is made of their pictures; without it sales are decided by weight alone. */
	vision: visionSchema.optional(),
	/** `POST /detect`: looks at pictures that the cloud's counter sends; off where not given. */
	detect: detectServiceSchema.optional(),
});

/** Everything that the service on the Pi has to know. */
export type PiConfiguration = z.infer<typeof piConfigurationSchema>;

/** Secrets that an environment variable gives instead of the file. */
const secretVariables = {
	VISIONVEND_PI_RECEIVE_KEY: ["keys", "receive", "key"],
	VISIONVEND_PI_SEND_KEY: ["keys", "send", "key"],
	VISIONVEND_PI_BROKER_PASSWORD: ["broker", "password"],
	VISIONVEND_PI_DETECT_TOKEN: ["detect", "token"],
} as const;

/**
 * Reads the text of a configuration file; `environment` overrides its secrets. Throws an `Error` that names each bad
 * setting and says what it must be. The message holds no secret.
 */
export function parseConfiguration(
	text: string,
	environment: Readonly<Record<string, string | undefined>>,
): PiConfiguration {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		// V8's message may quote the text around the place, and that could be a key.
		throw new Error("The configuration is not JSON. Look for a missing comma, quote or bracket.");
	}
	for (const [variable, path] of Object.entries(secretVariables)) {
		const secret = environment[variable];
		if (secret !== undefined && secret !== "") setAt(document, path, secret);
	}
	const parsed = piConfigurationSchema.safeParse(document);
	if (parsed.success) return parsed.data;
	const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(the whole)"}: ${issue.message}`);
	throw new Error(`The configuration has ${problems.length} problem(s):\n${problems.join("\n")}`);
}

/** Sets a member of a document of unknown form; where the document has another form, the schema complains later. */
function setAt(document: unknown, path: readonly string[], value: string): void {
	const [name, ...rest] = path;
	if (!isRecord(document) || name === undefined) return;
	if (rest.length === 0) {
		document[name] = value;
		return;
	}
	document[name] ??= {};
	setAt(document[name], rest, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
