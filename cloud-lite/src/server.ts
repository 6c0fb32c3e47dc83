import { readFile } from "node:fs/promises";
import { type ServerType, serve } from "@hono/node-server";
import { systemClock } from "@visionvend/sdk/clock";
import type { Log, LogEntry } from "@visionvend/sdk/log";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { type DestinationStream, pino, stdTimeFunctions } from "pino";
import { collectDefaultMetrics } from "prom-client";
import Stripe from "stripe";
import { z } from "zod";
import { hostUsage } from "./alarms/host-usage.ts";
import { type Cloud, createCloud } from "./app.ts";
import { openDatabase } from "./db/database.ts";
import { turnWriter } from "./http/turn-writer.ts";
import { AddressGuard } from "./notify/address-guard.ts";
import { guardedSender } from "./notify/guarded-sender.ts";
import type { Mailer } from "./notify/mailer.ts";
import { plainText } from "./notify/notice.ts";
import type { NotifySettings } from "./notify/notifier.ts";
import type { RazorpayAccess } from "./payments/razorpay-client.ts";
import type { Detector } from "./pos/detector.ts";
import { ollamaDetector } from "./pos/ollama-detector.ts";
import { piDetector } from "./pos/pi-detector.ts";
import type { Settings } from "./settings.ts";
import { serviceAccountSchema } from "./sheets/service-account.ts";
import { SheetsClient } from "./sheets/sheets-client.ts";

export interface RunningServer {
	/** Where it listens: `http://127.0.0.1:8000`. */
	readonly url: string;
	/** Where metrics are told, when that is an address of their own. */
	readonly metricsUrl: string | undefined;
	/** Answers what is being asked, finishes what is under way, and leaves. */
	close(): Promise<void>;
}

/** How long what is being asked may take once the service ends. */
const closingMs = 5_000;

/** JSON lines, one an entry, of `level` and above; on standard output where no other destination is given. */
export function createLog(level: LogEntry["level"], destination?: DestinationStream): Log {
	const options = {
		level,
		base: { service: "visionvend-cloud" },
		formatters: { level: (label: string) => ({ level: label }) },
		timestamp: stdTimeFunctions.isoTime,
	};
	const logger = pino(options, destination ?? turnWriter(pino.destination({ dest: 1, sync: true })));
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

/** @throws Error when only one of id and secret is set */
async function razorpayOf(settings: Settings): Promise<RazorpayAccess | undefined> {
	const keys = allOrNone({
		RAZORPAY_KEY_ID: settings.RAZORPAY_KEY_ID,
		RAZORPAY_KEY_SECRET: settings.RAZORPAY_KEY_SECRET,
	});
	if (!keys) return undefined;
	const { RAZORPAY_KEY_ID: keyId, RAZORPAY_KEY_SECRET: keySecret } = keys;
	const { createRazorpay } = await import("./payments/razorpay-client.ts");
	return createRazorpay({ keyId, keySecret, baseUrl: settings.RAZORPAY_API_BASE });
}

/** A Pi's model takes seconds at most. */
const piTimeoutMs = 10_000;

/** What looks at pictures that are sent to the counter: a Pi where there is one, else Ollama. */
function createDetector(settings: Settings): Detector | undefined {
	const { DETECTOR_URL: url, OLLAMA_ENDPOINT: endpoint, OLLAMA_MODEL: model, OLLAMA_TIMEOUT: seconds } = settings;
	if (url !== undefined) return piDetector({ fetch, url, token: settings.DETECTOR_TOKEN, timeoutMs: piTimeoutMs });
	if (endpoint === undefined) return undefined;
	return ollamaDetector({ fetch, endpoint, model, timeoutMs: seconds * 1_000 });
}

/** Runs the cloud on real sockets and the wall clock. */
export async function startServer(settings: Settings): Promise<RunningServer> {
	const log = createLog(settings.LOG_LEVEL);
	const stripe = createStripe(settings);
	const razorpay = await razorpayOf(settings);
	if (!stripe && !razorpay) {
		log({
			level: "warn",
			room: "cloud",
			event: "payments.off",
			detail: "neither STRIPE_API_KEY nor RAZORPAY_KEY_ID is set: POST /unlock answers 503",
		});
	}
	const { MQTT_USERNAME: username, MQTT_PASSWORD: password, MQTT_CA_FILE: caFile } = settings;
	const brokerOptions = {
		url: settings.MQTT_BROKER_URL,
		clientId: settings.MQTT_CLIENT_ID ?? "visionvend-cloud",
		...(username === undefined ? {} : { username }),
		...(password === undefined ? {} : { password }),
		...(caFile === undefined ? {} : { ca: await readFile(caFile, "utf8") }),
		onError: (error: Error) => log({ level: "warn", room: "cloud", event: "broker.error", message: error.message }),
	};
	const broker = await connectMqtt(brokerOptions);
	const shareName = settings.MQTT_SHARE_NAME;
	// On a connection of its own: while measurements wait for their disk, sales do not.
	const telemetryBroker = await connectMqtt({
		...brokerOptions,
		clientId: `${brokerOptions.clientId}-telemetry`,
		keepSession: shareName === undefined,
	});
	const mailer = await createMailer(settings);
	const cloud = await createCloud(
		{
			databaseUrl: settings.DATABASE_URL,
			jwtSecret: settings.JWT_SECRET,
			fuzzyMatchThreshold: settings.FUZZY_MATCH_THRESHOLD,
			...(settings.TELEMETRY_DATABASE_URL === undefined
				? {}
				: { telemetryDatabaseUrl: settings.TELEMETRY_DATABASE_URL }),
			...(shareName === undefined ? {} : { shareName }),
			otaPublicKeys: settings.OTA_PUBLIC_KEYS,
			...(settings.PUBLIC_URL === undefined ? {} : { publicUrl: new URL(settings.PUBLIC_URL).origin }),
			...(settings.METRICS_TOKEN === undefined ? {} : { metricsToken: settings.METRICS_TOKEN }),
			metricsApart: settings.METRICS_LISTEN !== undefined || !settings.MONITORING_ENABLED,
			liveEvents: settings.ENABLE_SSE,
			deviceTokens: settings.ENABLE_DEVICE_TOKEN,
			corsOrigins: settings.CORS_ORIGINS,
			trustProxy: settings.TRUST_PROXY,
			...(settings.STRIPE_WEBHOOK_SECRET === undefined ? {} : { stripeWebhookSecret: settings.STRIPE_WEBHOOK_SECRET }),
			...(settings.RAZORPAY_WEBHOOK_SECRET === undefined
				? {}
				: { razorpayWebhookSecret: settings.RAZORPAY_WEBHOOK_SECRET }),
			notify: notifySettings(settings),
			alarms: {
				everyMs: sweepEveryMs,
				usages: () => hostUsage("."),
				async lastResort(notice) {
					log({
						level: "error",
						room: "cloud",
						event: `alarm.${notice.rule}`,
						action: notice.action,
						message: notice.summary,
					});
					const { OPERATOR_EMAIL: operator } = settings;
					if (mailer === undefined || operator === undefined) return;
					const letter = { to: [operator], subject: notice.summary, text: plainText(notice), attachments: [] };
					await mailer.send(letter, `${notice.alarmId}-${notice.action}`);
				},
			},
		},
		{
			openDatabase: (url, durability) => openDatabase(url, durability, settings.DATABASE_ENCRYPTION_KEY),
			clock: systemClock,
			random: systemRandom,
			broker,
			telemetryBroker,
			stripe,
			razorpay,
			log,
			requestLog: log,
			detector: createDetector(settings),
			mailer,
			sheets: await createSheets(settings),
			send: guardedSender({ guard: new AddressGuard(settings.OUTGOING_ALLOWED_RANGES), clock: systemClock }),
		},
	);
	collectDefaultMetrics({ register: cloud.metrics });
	const { server, port } = await listen(cloud.app.fetch, settings.HOST, settings.PORT);
	const metrics = await listenForMetrics(cloud, settings.MONITORING_ENABLED ? settings.METRICS_LISTEN : undefined);
	const url = `http://${settings.HOST === "0.0.0.0" ? "127.0.0.1" : settings.HOST}:${port}`;
	// Since the process began.
	const readyMs = Math.round(performance.now());
	log({
		level: "info",
		room: "cloud",
		event: "started",
		url,
		broker: new URL(settings.MQTT_BROKER_URL).host,
		metricsUrl: metrics?.url,
		readyMs,
	});
	return {
		url,
		metricsUrl: metrics?.url,
		async close() {
			metrics?.server.close();
			cloud.endStreams();
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
			await telemetryBroker.close();
			await broker.close();
			mailer?.close();
		},
	};
}

/** How often alarms are looked for. */
const sweepEveryMs = 30_000;

/** @throws Error when a server is set and no sender */
async function createMailer({ SMTP_URL: url, MAIL_FROM: from }: Settings): Promise<Mailer | undefined> {
	if (url === undefined) return undefined;
	if (from === undefined)
		throw new Error("SMTP_URL is set and MAIL_FROM is not; set the address that letters come from");
	const { Mailer } = await import("./notify/mailer.ts");
	return new Mailer({ url, from });
}

/** @throws Error when the key file cannot be read, or is none */
async function createSheets({ GOOGLE_SERVICE_ACCOUNT_FILE: file }: Settings): Promise<SheetsClient | undefined> {
	if (file === undefined) return undefined;
	const parsed = serviceAccountSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
	if (!parsed.success) {
		throw new Error(`${file} is no key file of a Google service account:\n${z.prettifyError(parsed.error)}`);
	}
	return new SheetsClient({ account: parsed.data, clock: systemClock });
}

/** @throws Error when only a part of what a service needs is set */
function notifySettings(settings: Settings): NotifySettings {
	const sms = allOrNone({
		SMS_ACCOUNT_SID: settings.SMS_ACCOUNT_SID,
		SMS_AUTH_TOKEN: settings.SMS_AUTH_TOKEN,
		SMS_FROM: settings.SMS_FROM,
	});
	const vapid = allOrNone({
		VAPID_PUBLIC_KEY: settings.VAPID_PUBLIC_KEY,
		VAPID_PRIVATE_KEY: settings.VAPID_PRIVATE_KEY,
		VAPID_SUBJECT: settings.VAPID_SUBJECT,
	});
	return {
		sms: sms && {
			baseUrl: settings.SMS_API_BASE,
			accountSid: sms.SMS_ACCOUNT_SID,
			authToken: sms.SMS_AUTH_TOKEN,
			from: sms.SMS_FROM,
		},
		vapid: vapid && {
			publicKey: vapid.VAPID_PUBLIC_KEY,
			privateKey: vapid.VAPID_PRIVATE_KEY,
			subject: vapid.VAPID_SUBJECT,
		},
	};
}

function allOrNone<Name extends string>(
	values: Readonly<Record<Name, string | undefined>>,
): Record<Name, string> | undefined {
	const names = Object.keys(values);
	const missing = names.filter((name) => values[name as Name] === undefined);
	if (missing.length === names.length) return undefined;
	if (missing.length > 0) throw new Error(`${missing.join(" and ")} missing: ${names.join(", ")} are set together`);
	return values as Record<Name, string>;
}

/** Whoever reaches this address may read everything: it is for Prometheus, inside of the house. */
async function listenForMetrics(
	cloud: Pick<Cloud, "metrics" | "metricsText">,
	address: string | undefined,
): Promise<{ server: ServerType; url: string } | undefined> {
	const [hostname, wanted] = address?.split(":") ?? [];
	if (hostname === undefined || wanted === undefined) return undefined;
	const answer = async (request: Request): Promise<Response> => {
		if (new URL(request.url).pathname !== "/metrics")
			return new Response("Metrics are at /metrics.\n", { status: 404 });
		return new Response(await cloud.metricsText(), { headers: { "content-type": cloud.metrics.contentType } });
	};
	const { server, port } = await listen(answer, hostname, Number(wanted));
	return { server, url: `http://${hostname}:${port}/metrics` };
}

function listen(
	fetch: (request: Request) => Response | Promise<Response>,
	hostname: string,
	wantedPort: number,
): Promise<{ server: ServerType; port: number }> {
	return new Promise((resolve, reject) => {
		const server = serve({ fetch, hostname, port: wantedPort }, ({ port }) => resolve({ server, port }));
		server.once("error", reject);
	});
}
