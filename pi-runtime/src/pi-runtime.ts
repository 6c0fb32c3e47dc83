import { dirname } from "node:path";
import { type ConfusionTable, lintPlanogram } from "@visionvend/sdk/basket/lint-planogram";
import { productSchema } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { topics as topicsOf } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import {
	commandBodySchema,
	doorBodySchema,
	type HealthBody,
	healthBodySchema,
} from "@visionvend/sdk/protocol/messages";
import type { Random } from "@visionvend/sdk/random";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { Hono } from "hono";
import { z } from "zod";
import type { PiConfiguration } from "./configuration.ts";
import type { Eyes } from "./decide/eyes.ts";
import { Openings } from "./decide/openings.ts";
import { WeightCurves } from "./decide/weight-curves.ts";
import { errorText } from "./error-text.ts";
import { EvidenceFolder } from "./evidence/evidence-folder.ts";
import { EvidenceKeeper } from "./evidence/evidence-keeper.ts";
import { EvidenceSender } from "./evidence/evidence-sender.ts";
import type { Health, HostHealth, RecordingHealth, VisionHealth } from "./health/health.ts";
import { healthRoutes } from "./health/health-routes.ts";
import { readHost } from "./health/host-health.ts";
import { KeyExchange } from "./keys/key-exchange.ts";
import { PiKeys } from "./keys/pi-keys.ts";
import { readSecrets } from "./keys/stored-secrets.ts";
import { ControllerLink } from "./link/controller-link.ts";
import type { SerialPortLike } from "./link/serial-port.ts";
import type { LogBuffer } from "./log/log-buffer.ts";
import { LogSender } from "./log/log-sender.ts";
import { type Planogram, PlanogramKeeper } from "./planogram/planogram-keeper.ts";
import type { Recording } from "./record/recording.ts";
import { CommandRelay } from "./relay/command-relay.ts";
import { StatusRelay } from "./relay/status-relay.ts";
import { Retrier } from "./retrier.ts";
import { AcknowledgementReader } from "./sale/acknowledgement-reader.ts";
import { readClaims } from "./sale/read-claims.ts";
import { ReportKeeper } from "./sale/report-keeper.ts";
import { ReportSender } from "./sale/report-sender.ts";
import type { ServiceContext } from "./service-context.ts";
import { type Database, openDatabase } from "./store/database.ts";
import { Store } from "./store/store.ts";
import { version } from "./version.ts";

/** The world of the service. It takes them over: `close` closes the broker's client and the wire. */
export interface PiPorts {
	readonly clock: Clock;
	readonly random: Random;
	readonly broker: MessageBroker;
	/** The machine has another account at the broker: for its next connection. */
	readonly onAccount?: ((account: { readonly username: string; readonly password: string }) => void) | undefined;
	/** The wire to the controller. */
	readonly controller: SerialPortLike;
	readonly log: Log;
	/** What of the log goes to the cloud, too; nothing where not given. */
	readonly logBuffer?: LogBuffer | undefined;
	/** The clock that frames are stamped by, which nobody sets; `clock` where not given. */
	readonly monotonic?: Clock | undefined;
	/** What watches the shelves; without it sales are decided by weight alone. */
	readonly eyes?: Eyes | undefined;
	/** How often the eyes take one product for another, as their model's card says. */
	readonly confusion?: ConfusionTable | undefined;
	/** What records the cameras; it is told of the door. */
	readonly recording?: Recording | undefined;
	/** What cameras and recorder tell about themselves; they are off where not given. */
	readonly health?: { vision(): VisionHealth; recording(): RecordingHealth } | undefined;
	/** What the system tells; read of the store's disk where not given. */
	readonly host?: (() => Promise<HostHealth>) | undefined;
	/** Folder for what decisions were made from; nothing is kept where not given. */
	readonly evidenceFolder?: string | undefined;
	/** How the store is opened; `openDatabase` where not given. */
	readonly openDatabase?: ((url: string) => Promise<Database>) | undefined;
}

/** The running service. */
export interface PiRuntime {
	/** Serves `GET /health` and `GET /metrics`. */
	readonly app: Hono;
	/** What `GET /health` answers. */
	health(): Promise<Health>;
	/** Resolves when no work is under way that could go on without the clock or the outside. */
	idle(): Promise<void>;
	/** Ends the work under way, then closes store, broker and wire. A second call does nothing. */
	close(): Promise<void>;
}

/** What the service does when it does nothing: acknowledged reports leave the store after 30 days. */
const retentionMs = 30 * 86_400_000;
const noRecording: RecordingHealth = { status: "off", bytes: 0, waiting: 0, drops: {} };
const forgettingEveryMs = 86_400_000;

/**
 * Starts the service on the Pi. It carries messages between controller and cloud, keeps each sale report until the
 * cloud has it, and decides from its weights what was taken. An absent broker or controller is waited for; a store that
 * cannot promise to keep what it is given rejects.
 */
export async function createPiRuntime(configuration: PiConfiguration, ports: PiPorts): Promise<PiRuntime> {
	const database = await (ports.openDatabase ?? openDatabase)(configuration.databaseUrl);
	return startService(configuration, ports, new Store(database));
}

/** `createPiRuntime` on a store of the caller's. */
export async function startService(configuration: PiConfiguration, ports: PiPorts, store: Store): Promise<PiRuntime> {
	const { broker, clock, controller, log, random } = ports;
	const { machineId } = configuration;
	const topics = topicsOf(machineId);
	const tracker = new TaskTracker();
	let closed = false;

	const tell: ServiceContext["tell"] = (level, event, fields = {}) =>
		log({ level, room: "pi", event, machineId, ...fields });
	const retrier = new Retrier(clock, tracker, (task, error) =>
		tell("error", "task.failed", { task, error: errorText(error) }),
	);
	const context: ServiceContext = {
		machineId,
		topics,
		keys: new PiKeys(await readSecrets(configuration, store), () => exchange.forgetOld()),
		clock,
		random,
		broker,
		store,
		tracker,
		retrier,
		tell,
		closed: () => closed,
	};

	const exchange = new KeyExchange(context, (account) => ports.onAccount?.(account));
	const sender = new ReportSender(context);
	const curves = new WeightCurves();
	const monotonic = ports.monotonic ?? clock;
	const openings = new Openings({
		clock: monotonic,
		curves,
		eyes: ports.eyes,
		onFailure: (saleId, error) => tell("error", "vision.failed", { saleId, error: errorText(error) }),
	});
	const bundles = ports.evidenceFolder === undefined ? undefined : new EvidenceFolder(ports.evidenceFolder);
	// Before the first message comes in: what an earlier life of the process left is the oldest.
	const leftOver = await store.openReports();
	const planogram = new PlanogramKeeper(context, {
		current: await storedPlanogram(configuration, store),
		undecided: leftOver.filter(({ decision }) => decision === undefined),
		onApplied: () => lintShelves(),
	});
	const products = () => planogram.products;
	const evidence = bundles && new EvidenceKeeper(context, products, bundles);
	const keeper = new ReportKeeper(context, {
		products,
		openings,
		evidence,
		recording: ports.recording,
		onDecided: (reportId, saleId) => {
			sender.add(reportId);
			planogram.sessionEnded(saleId);
		},
	});
	const acknowledgements = new AcknowledgementReader(context, products, (reportId, outcome) => {
		sender.remove(reportId);
		if (outcome === "review") return;
		retrier.run("unpin evidence", async () => {
			await bundles?.unpin(reportId);
			await ports.recording?.unpin(reportId);
		});
	});
	const pieces = bundles && new EvidenceSender(context, bundles);
	const statuses = new StatusRelay(context);
	const logs = ports.logBuffer && new LogSender(context, ports.logBuffer);

	tell("info", "started", { version, openReports: leftOver.length });
	keeper.resume(leftOver);

	/** Whoever fills the fridge should know what its senses cannot tell apart. */
	const lintShelves = (): void => {
		if (ports.eyes === undefined) return;
		for (const { shelf, skus, detail } of lintPlanogram(planogram.products, ports.confusion ?? {})) {
			tell("warn", "planogram.alike", { shelf, skus, detail });
		}
	};
	lintShelves();
	const doorMoved = (envelope: string): void => {
		const claims = readClaims(envelope, topics.door);
		const door = typeof claims === "string" ? undefined : doorBodySchema.safeParse(claims.body);
		if (!door?.success) return;
		openings.door(door.data);
		// Somebody who fills the machine is no session, and there will be no report.
		if (door.data.saleId !== "" || door.data.state === "forced") planogram.sessionBegan(door.data.saleId);
		if (door.data.state === "closed") ports.recording?.doorClosed(monotonic.now());
		else if (door.data.state !== "ajar") ports.recording?.doorOpened(monotonic.now());
		// Opened without a sale and without force: somebody fills the fridge and puts it in order.
		if (door.data.saleId === "" && door.data.state === "opened") {
			retrier.run("forget strays", () => store.forgetStrays());
			lintShelves();
		}
	};
	let controllerHealth: HealthBody | undefined;
	const controllerTells = (envelope: string): void => {
		const claims = readClaims(envelope, topics.health);
		const body = typeof claims === "string" ? undefined : healthBodySchema.safeParse(claims.body);
		if (!body?.success) return;
		controllerHealth = body.data;
		if (body.data.phase === "locked") planogram.controllerLocked();
	};
	const commandAnswered = (envelope: string): void => {
		const claims = readClaims(envelope, topics.command);
		const body = typeof claims === "string" ? undefined : commandBodySchema.safeParse(claims.body);
		if (body?.success && body.data.result === "refused") planogram.sessionEnded(body.data.saleId);
	};
	const link = new ControllerLink({
		port: controller,
		clock,
		random,
		onMessage: (topic, envelope, takeCustody) => {
			if (topic === topics.saleReport) keeper.receive(envelope, takeCustody);
			else if (topic === topics.weights) {
				const refusal = curves.receive(envelope, monotonic.now());
				if (refusal !== undefined) tell("warn", "message.rejected", { topic, reason: refusal });
				takeCustody();
			} else {
				if (topic === topics.door) doorMoved(envelope);
				if (topic === topics.health) controllerTells(envelope);
				if (topic === topics.command) commandAnswered(envelope);
				statuses.receive(topic, envelope, takeCustody);
			}
		},
		onChange: (up) => tell(up ? "info" : "warn", up ? "link.up" : "link.down"),
		onDropped: (reason) => tell("warn", "message.rejected", { topic: "link", reason }),
	});
	const commands = new CommandRelay(context, link);

	broker.onConnectionChange((connected) => {
		if (closed) return;
		tell(connected ? "info" : "warn", connected ? "broker.up" : "broker.down");
		if (!connected) return;
		statuses.publishAll();
		sender.resendAll();
		planogram.say();
	});
	subscribe(context, `devices/${machineId}/commands/#`, (topic, payload) => {
		planogram.commandRelayed(topic, payload);
		commands.receive(topic, payload);
	});
	subscribe(context, topics.newKeys, (topic, payload) => exchange.receive(topic, payload));
	subscribe(context, topics.planogram, (topic, payload) => planogram.receive(topic, payload));
	subscribe(context, topics.configurationUpdate, (topic, payload) => commands.receive(topic, payload));
	subscribe(context, topics.ack, (topic, payload) => acknowledgements.receive(topic, payload));
	if (pieces) subscribe(context, topics.evidenceRequest, (topic, payload) => pieces.receive(topic, payload));
	if (broker.connected) tell("info", "broker.up");
	statuses.publishAll();
	planogram.say();

	let cancelForgetting: (() => void) | undefined;
	const forget = (): void => {
		retrier.run("forget acknowledged reports", async () => {
			await store.forgetAcknowledged(clock.now() - retentionMs);
			await evidence?.tidy();
		});
		cancelForgetting = clock.after(forgettingEveryMs, forget);
	};
	forget();

	const health = healthRoutes(context, link, {
		controller: () => controllerHealth,
		vision: () => ports.health?.vision() ?? { status: "off" },
		recording: () => ports.health?.recording() ?? noRecording,
		host: ports.host ?? (() => readHost(dirname(configuration.databaseUrl.replace(/^file:/, "")))),
	});
	let closing: Promise<void> | undefined;
	const close = async (): Promise<void> => {
		closed = true;
		cancelForgetting?.();
		link.close();
		sender.close();
		statuses.close();
		logs?.close();
		retrier.close();
		await tracker.idle();
		store.close();
		controller.close();
		await broker.close();
	};
	return {
		app: health.app,
		health: health.read,
		async idle() {
			do {
				await tracker.idle();
				// What hangs on a promise that the outside has settled (a publication) may start a task of its own.
				await new Promise((resolve) => setImmediate(resolve));
			} while (tracker.pending > 0);
		},
		close() {
			closing ??= close();
			return closing;
		},
	};
}

/** What the cloud said last; as provisioned where it said nothing yet. */
async function storedPlanogram({ products }: PiConfiguration, store: Store): Promise<Planogram> {
	const stored = await store.planogram();
	if (stored === undefined) return { version: 0, products };
	return { version: stored.version, products: z.array(productSchema).parse(JSON.parse(stored.products)) };
}

/** Not a task of the tracker: the broker's answer takes its time. */
function subscribe(
	{ broker, tell, closed }: ServiceContext,
	filter: string,
	onMessage: (topic: string, payload: string) => void,
): void {
	const receive = (topic: string, payload: string): void => {
		if (!closed()) onMessage(topic, payload);
	};
	broker.subscribe(filter, receive).catch((error: unknown) => {
		if (!closed()) tell("error", "subscription.failed", { filter, error: errorText(error) });
	});
}
