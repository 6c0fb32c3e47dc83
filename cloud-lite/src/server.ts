import { readFile } from "node:fs/promises";
import { type ServerType, serve } from "@hono/node-server";
import { systemClock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { pino } from "pino";
import { collectDefaultMetrics } from "prom-client";
import Stripe from "stripe";
import { createCloud } from "./app.ts";
import type { Detector } from "./pos/detector.ts";
import { ollamaDetector } from "./pos/ollama-detector.ts";
import { piDetector } from "./pos/pi-detector.ts";
import type { Settings } from "./settings.ts";

export interface RunningServer {
	/** Where it listens: `http://127.0.0.1:8000`. */
	readonly url: string;
	/** Answers what is being asked, finishes what is under way, and leaves. */
	close(): Promise<void>;
}

/** How long what is being asked may take once the service ends. */
const closingMs = 5_000;

/** JSON lines on standard output. */
export function createLog(): Log {
	const logger = pino({ base: null, formatters: { level: (label) => ({ level: label }) } });
	return ({ level, ...fields }) => logger[level](fields);
}

/** Stripe's client as the cloud wants it: when to try again is the outbox's to decide. `undefined`: payments are off. */
export function createStripe({ STRIPE_API_KEY, STRIPE_API_BASE }: Settings): Stripe | undefined {
	// A phone waits for the hold; what takes longer is asked again later.
	const common = { maxNetworkRetries: 0, timeout: 10_000 };
	if (STRIPE_API_BASE === undefined) {
		return STRIPE_API_KEY === undefined ? undefined : new Stripe(STRIPE_API_KEY, common);
	}
	const { hostname, port, protocol } = new URL(STRIPE_API_BASE);
	const secure = protocol === "https:";
	return new Stripe(STRIPE_API_KEY ?? "sk_test_visionvend", {
		...common,
		telemetry: false,
		host: hostname,
		port: port === "" ? (secure ? 443 : 80) : Number(port),
		protocol: secure ? "https" : "http",
	});
}

/** A Pi's model takes seconds at most. */
const piTimeoutMs = 10_000;

/** What looks at pictures that are sent to the counter: a Pi where there is one, else Ollama. */
function createDetector(settings: Settings): Detector | undefined {
	const { DETECTOR_URL: url, OLLAMA_ENDPOINT: endpoint, OLLAMA_MODEL: model, OLLAMA_TIMEOUT: seconds } = settings;
	if (url !== undefined) return piDetector({ fetch, url, timeoutMs: piTimeoutMs });
	if (endpoint === undefined) return undefined;
	return ollamaDetector({ fetch, endpoint, model, timeoutMs: seconds * 1_000 });
}

/** Runs the cloud on real sockets and the wall clock. */
export async function startServer(settings: Settings): Promise<RunningServer> {
	const log = createLog();
	const stripe = createStripe(settings);
	if (!stripe) {
		log({
			level: "warn",
			room: "cloud",
			event: "payments.off",
			detail: "STRIPE_API_KEY is not set: POST /unlock answers 503",
		});
	}
	const { MQTT_USERNAME: username, MQTT_PASSWORD: password, MQTT_CA_FILE: caFile } = settings;
	const broker = await connectMqtt({
		url: settings.MQTT_BROKER_URL,
		clientId: "visionvend-cloud",
		...(username === undefined ? {} : { username }),
		...(password === undefined ? {} : { password }),
		...(caFile === undefined ? {} : { ca: await readFile(caFile, "utf8") }),
		onError: (error) => log({ level: "warn", room: "cloud", event: "broker.error", message: error.message }),
	});
	const cloud = await createCloud(
		{
			databaseUrl: settings.DATABASE_URL,
			jwtSecret: settings.JWT_SECRET,
			fuzzyMatchThreshold: settings.FUZZY_MATCH_THRESHOLD,
			...(settings.STRIPE_WEBHOOK_SECRET === undefined ? {} : { stripeWebhookSecret: settings.STRIPE_WEBHOOK_SECRET }),
		},
		{ clock: systemClock, random: systemRandom, broker, stripe, log, detector: createDetector(settings) },
	);
	collectDefaultMetrics({ register: cloud.metrics });
	const { server, port } = await listen(cloud.app.fetch, settings);
	const url = `http://${settings.HOST === "0.0.0.0" ? "127.0.0.1" : settings.HOST}:${port}`;
	log({ level: "info", room: "cloud", event: "started", url, broker: new URL(settings.MQTT_BROKER_URL).host });
	return {
		url,
		async close() {
			await new Promise<void>((resolve) => {
				// Node closes idle connections by itself; a client that never ends its request must not hold the process.
				const cancel = systemClock.after(closingMs, () => {
					if ("closeAllConnections" in server) server.closeAllConnections();
				});
				server.close(() => {
					cancel();
					resolve();
				});
			});
			await cloud.close();
			await broker.close();
		},
	};
}

function listen(
	fetch: (request: Request) => Response | Promise<Response>,
	{ HOST, PORT }: Settings,
): Promise<{ server: ServerType; port: number }> {
	return new Promise((resolve, reject) => {
		const server = serve({ fetch, hostname: HOST, port: PORT }, ({ port }) => resolve({ server, port }));
		server.once("error", reject);
	});
}
