import type { OpenAPIHono } from "@hono/zod-openapi";
import { usualFuzzyThreshold } from "@visionvend/sdk/catalog/match-product";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { type Random, randomId } from "@visionvend/sdk/random";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { Registry } from "prom-client";
import type Stripe from "stripe";
import { type AlarmSettings, createAlarmDesk } from "./alarms/alarm-desk.ts";
import { apiKeyRoutes } from "./api-keys/api-key-routes.ts";
import { ApiKeyStore } from "./api-keys/api-key-store.ts";
import { AuditLog } from "./audit/audit-log.ts";
import { auditRoutes } from "./audit/audit-routes.ts";
import { AccessTokens } from "./auth/access-token.ts";
import { authRoutes } from "./auth/auth-routes.ts";
import { CsrfTokens } from "./auth/csrf.ts";
import { Gate } from "./auth/gate.ts";
import { LoginService } from "./auth/login-service.ts";
import { shopperTokenRoutes } from "./auth/shopper-token-routes.ts";
import { dashboardRoutes } from "./dashboard/dashboard-routes.ts";
import { OnlineSampler } from "./dashboard/online-sampler.ts";
import { type Database, type Durability, isRemote, openDatabase } from "./db/database.ts";
import { migrate } from "./db/migrate.ts";
import { SealedText } from "./db/sealed-text.ts";
import { EventFeed } from "./events/event-feed.ts";
import { eventRoutes } from "./events/event-routes.ts";
import { EventStreams } from "./events/event-streams.ts";
import { EvidenceFetcher } from "./evidence/evidence-fetcher.ts";
import { evidenceRoutes } from "./evidence/evidence-routes.ts";
import { readBusinessFigures } from "./http/business-figures.ts";
import { clientAddress } from "./http/client-address.ts";
import { type CloudEnvironment, createRoutes } from "./http/environment.ts";
import { messageOf } from "./http/error-message.ts";
import { healthRoutes } from "./http/health-routes.ts";
import { Idempotency } from "./http/idempotency.ts";
import { Metrics } from "./http/metrics.ts";
import { Problem, problemResponse } from "./http/problem.ts";
import { RateLimiter } from "./http/rate-limiter.ts";
import { requestAnswered } from "./http/request-log.ts";
import { routeProblem } from "./http/route-problem.ts";
import { inventoryRoutes } from "./inventory/inventory-routes.ts";
import { InventoryService } from "./inventory/inventory-service.ts";
import { planogramRoutes } from "./inventory/planogram-routes.ts";
import { PlanogramService } from "./inventory/planogram-service.ts";
import { productCsvRoutes } from "./inventory/product-csv-routes.ts";
import { ProductImages } from "./inventory/product-image.ts";
import { ProductImport } from "./inventory/product-import.ts";
import { productRoutes } from "./inventory/product-routes.ts";
import { ProductService } from "./inventory/product-service.ts";
import { ProductStore } from "./inventory/product-store.ts";
import { restockRoutes } from "./inventory/restock-routes.ts";
import { RestockService } from "./inventory/restock-service.ts";
import { RouteStore } from "./inventory/route-store.ts";
import { stockRoutes } from "./inventory/stock-routes.ts";
import { StockService } from "./inventory/stock-service.ts";
import { StockStore } from "./inventory/stock-store.ts";
import { jobRoutes } from "./jobs/job-routes.ts";
import { locationRoutes } from "./locations/location-routes.ts";
import { LocationStore } from "./locations/location-store.ts";
import { Claims } from "./machines/claims.ts";
import { CommandBatches } from "./machines/command-batches.ts";
import { deviceRoutes } from "./machines/device-routes.ts";
import { DeviceStore } from "./machines/device-store.ts";
import { Inbox } from "./machines/inbox.ts";
import { keyRotationRoutes } from "./machines/key-rotation-routes.ts";
import { KeyRotations } from "./machines/key-rotations.ts";
import { MachineRegistry, type NewMachine, type ProvisionedMachine } from "./machines/machine-registry.ts";
import { machineRoutes } from "./machines/machine-routes.ts";
import { MachineService } from "./machines/machine-service.ts";
import { machineTemplateRoutes } from "./machines/machine-template-routes.ts";
import { PlanogramSender } from "./machines/planogram-sender.ts";
import { Presence } from "./machines/presence.ts";
import { RemoteCommands } from "./machines/remote-commands.ts";
import { AddressGuard } from "./notify/address-guard.ts";
import { guardedSender, type SendRequest } from "./notify/guarded-sender.ts";
import type { Mailer } from "./notify/mailer.ts";
import { createNotifier, type NotifySettings } from "./notify/notifier.ts";
import { docsRoutes } from "./openapi/docs-routes.ts";
import { openApiDocument } from "./openapi/document.ts";
import { deviceOrderRoutes } from "./orders/device-order-routes.ts";
import { orderRoutes } from "./orders/order-routes.ts";
import { ArtifactStore } from "./ota/artifact-store.ts";
import { Campaigns } from "./ota/campaigns.ts";
import { otaRoutes } from "./ota/ota-routes.ts";
import { deadMessageRoutes } from "./outbox/dead-message-routes.ts";
import { DueWork } from "./outbox/due-work.ts";
import { Outbox } from "./outbox/outbox.ts";
import { bookRoutes } from "./payments/book-routes.ts";
import { Chargebacks } from "./payments/chargebacks.ts";
import type { Gateways } from "./payments/gateway.ts";
import { type LedgerRow, readLedger } from "./payments/ledger.ts";
import { paymentRoutes } from "./payments/payment-routes.ts";
import { PaymentRunner } from "./payments/payment-runner.ts";
import { ProviderEvents } from "./payments/provider-events.ts";
import { RazorpayBooks } from "./payments/razorpay-books.ts";
import type { RazorpayAccess } from "./payments/razorpay-client.ts";
import { RazorpayProvider } from "./payments/razorpay-provider.ts";
import { razorpayWebhookRoutes } from "./payments/razorpay-webhook-routes.ts";
import { Reconciliation } from "./payments/reconciliation.ts";
import { RefundDesk } from "./payments/refund-desk.ts";
import { savePaymentRoutes } from "./payments/save-payment-routes.ts";
import { StripeBooks } from "./payments/stripe-books.ts";
import { StripeProvider } from "./payments/stripe-provider.ts";
import { stripeWebhookRoutes } from "./payments/stripe-webhook-routes.ts";
import { ProductDetection } from "./pos/detect-products.ts";
import type { Detector } from "./pos/detector.ts";
import { posRoutes } from "./pos/pos-routes.ts";
import { PosService } from "./pos/pos-service.ts";
import { binRoutes } from "./recipes/bin-routes.ts";
import { BinStore } from "./recipes/bin-store.ts";
import { materialRoutes } from "./recipes/material-routes.ts";
import { MaterialStore } from "./recipes/material-store.ts";
import { RecipeDeployer } from "./recipes/recipe-deployer.ts";
import { recipePackageRoutes } from "./recipes/recipe-package-routes.ts";
import { recipeRoutes } from "./recipes/recipe-routes.ts";
import { RecipeStore } from "./recipes/recipe-store.ts";
import { MachineAudits } from "./reports/machine-audit.ts";
import { reportRoutes } from "./reports/report-routes.ts";
import { reportScheduleRoutes } from "./reports/report-schedule-routes.ts";
import { ReportSchedules } from "./reports/report-schedules.ts";
import { ReportIntake } from "./sales/report-intake.ts";
import { saleRoutes } from "./sales/sale-routes.ts";
import { SaleStore } from "./sales/sale-store.ts";
import { SaleTimers } from "./sales/sale-timers.ts";
import { unlockRoutes } from "./sales/unlock-routes.ts";
import { UnlockService } from "./sales/unlock-service.ts";
import { SheetCatalogue } from "./sheets/sheet-catalogue.ts";
import { SheetLinks } from "./sheets/sheet-link.ts";
import { sheetRoutes } from "./sheets/sheet-routes.ts";
import { SheetSync } from "./sheets/sheet-sync.ts";
import type { SheetsClient } from "./sheets/sheets-client.ts";
import { beside, openTelemetry } from "./telemetry/telemetry-database.ts";
import { TelemetryIngest } from "./telemetry/telemetry-ingest.ts";
import { TelemetryQueries } from "./telemetry/telemetry-queries.ts";
import { TelemetryRollups } from "./telemetry/telemetry-rollups.ts";
import { defaultTenantId } from "./tenants/tenant.ts";
import { tenantRoutes } from "./tenants/tenant-routes.ts";
import { TenantStore } from "./tenants/tenant-store.ts";
import { userRoutes } from "./users/user-routes.ts";
import { UserStore } from "./users/user-store.ts";

const takeUpEveryMs = 60_000;

export interface CloudConfiguration {
	/** `file:` and a path, or the URL of a libsql server. */
	databaseUrl: string;
	/** At least 32 random bytes; whoever has it can be any shopper. */
	jwtSecret: string;
	/** Sites whose pages may ask with a person's cookie or token: `https://console.example`. None where not given. */
	corsOrigins?: readonly string[];
	/** Whether the last address of `X-Forwarded-For` is the client's; only behind a proxy that writes it. */
	trustProxy?: boolean;
	/** `whsec_…`; without it webhooks are off. */
	stripeWebhookSecret?: string;
	/** Without it webhooks of Razorpay are off. */
	razorpayWebhookSecret?: string;
	/** From which likeness on, 0 to 1, a detected name is a product's; 0.6 where not given. */
	fuzzyMatchThreshold?: number;
	/** Accounts with services that tell people of things. Without it nobody is told of sales, and no report is sent. */
	notify?: NotifySettings;
	/** Without them nothing is watched. */
	alarms?: AlarmSettings;
	/** Where what machines measure goes; beside the file of sales where not given, so that a server needs it. */
	telemetryDatabaseUrl?: string;
	/** Whose updates are taken: P-256 public keys, uncompressed points as base64url. */
	otaPublicKeys?: readonly string[];
	/** Where people reach the cloud, `https://…`; what a request says where not given. */
	publicUrl?: string;
	/** What Prometheus sends to be told of orders, revenue and stock too; without it they are not told. */
	metricsToken?: string;
	/** Whether `GET /metrics` is none of this app's: `metricsText` is told at an address of its own, or nowhere. */
	metricsApart?: boolean;
	/** Whether `GET /api/v1/events` tells what happens; it does where not given. */
	liveEvents?: boolean;
	/** Whether devices that speak HTTPS are let in by their tokens; they are where not given. */
	deviceTokens?: boolean;
	/** Where several instances split the measurements among them: the same name in all of them. */
	shareName?: string;
}

/** The outside, as the cloud reaches it. */
export interface CloudPorts {
	clock: Clock;
	random: Random;
	broker: MessageBroker;
	/** Where measurements come from; `broker` where not given. With a `shareName`, one that keeps no session. */
	telemetryBroker?: MessageBroker;
	/** The official client with `maxNetworkRetries: 0`; `undefined`: nobody can pay through Stripe. */
	stripe: Stripe | undefined;
	/** Of `createRazorpay`; none: nobody can pay through Razorpay. */
	razorpay?: RazorpayAccess | undefined;
	log: Log;
	/** Where a line a request goes; nowhere unless given. */
	requestLog?: Log;
	/** Tells what is in pictures that are sent to the counter; none: they are refused. */
	detector?: Detector | undefined;
	/** Reaches addresses that tenants wrote; public hosts over https where not given. */
	send?: SendRequest;
	/** `undefined`: letters are off. */
	mailer?: Mailer | undefined;
	/** `undefined`: spreadsheets are off. */
	sheets?: SheetsClient | undefined;
	/** How the store is opened; `openDatabase` where not given. */
	openDatabase?: ((url: string, durability?: Durability) => Promise<Database>) | undefined;
}

export interface Cloud {
	readonly app: OpenAPIHono<CloudEnvironment>;
	/** Read-only queries. */
	readonly database: Pick<Database, "read">;
	readonly metrics: Registry;
	/** All metrics as Prometheus reads them, orders, revenue and stock too. */
	metricsText(): Promise<string>;
	/** Resolves when nothing is under way that the clock does not have to move for. */
	idle(): Promise<void>;
	/** Ends the streams of live events; for a server that wants to end its connections. */
	endStreams(): void;
	/** Finishes what is under way and closes the database. The ports stay open; they are the caller's. */
	close(): Promise<void>;
	addMachine(machine: NewMachine): Promise<ProvisionedMachine>;
	/** A token that lets a phone act for this shopper for 15 minutes. */
	issueShopperToken(shopperId: string, tenantId?: string): Promise<string>;
	/** What people ask of machines far away: actions, new settings, new firmware. */
	readonly commands: Pick<RemoteCommands, "send" | "configure" | "offerFirmware" | "find">;
	/** The whole ledger, oldest first. */
	ledgerRows(): Promise<LedgerRow[]>;
}

/** Opens the database, brings its schema up to date, and takes up whatever an earlier life left unfinished. */
export async function createCloud(configuration: CloudConfiguration, ports: CloudPorts): Promise<Cloud> {
	const tokens = new AccessTokens(configuration.jwtSecret, ports.clock);
	const database = await (ports.openDatabase ?? openDatabase)(configuration.databaseUrl);
	try {
		await migrate(database, ports.clock);
		return await assembleCloud(configuration, ports, database, tokens);
	} catch (error) {
		database.close();
		throw error;
	}
}

/** Puts the parts together over an open database; `createCloud` is the door for everybody else. */
export async function assembleCloud(
	configuration: CloudConfiguration,
	ports: CloudPorts,
	database: Database,
	tokens: AccessTokens,
): Promise<Cloud> {
	const { clock, random, broker, stripe, log, requestLog } = ports;
	const tracker = new TaskTracker();
	const onError = (error: unknown, requestId?: string): void => {
		log({
			level: "error",
			room: "cloud",
			event: "error",
			message: messageOf(error),
			stack: error instanceof Error ? error.stack : undefined,
			...(requestId !== undefined && { requestId }),
		});
	};
	const onChange = (): void => {
		outbox.kick();
		timers.kick();
		notifier.salesChanged();
	};
	const metrics = new Metrics({
		pendingEffects: () => outbox.pending(),
		brokerConnected: () => broker.connected,
		business: () => readBusinessFigures(database, clock),
		usages: async () => (await configuration.alarms?.usages()) ?? [],
	});
	const { razorpay } = ports;
	const gateways: Gateways = {
		...(stripe && {
			stripe: { provider: new StripeProvider(stripe, clock), books: new StripeBooks(stripe), publicKey: null },
		}),
		...(razorpay && {
			razorpay: {
				provider: new RazorpayProvider(razorpay.client, clock),
				books: new RazorpayBooks(razorpay),
				publicKey: razorpay.keyId,
			},
		}),
	};
	const registry = new MachineRegistry({ database, clock, random });
	const sales = new SaleStore({ database, clock, log, metrics, onChange });
	const payments = new PaymentRunner({ database, clock, random, gateways, sales, log, metrics });
	const outbox = new Outbox({ database, clock, broker, registry, payments, tracker, log, metrics, onError });
	const chargebacks = new Chargebacks({ database, clock, log, sales, gateways, tracker, onError });
	const reconciliation = new Reconciliation({ database, clock, log, sales, gateways, tracker, onError });
	const refunds = new RefundDesk({ database, clock, sales });
	const timers = new SaleTimers({ sales, clock, random, tracker, onError });
	const reports = new ReportIntake({ database, clock, registry, sales, log, metrics, onChange });
	const commands = new RemoteCommands({ database, clock, random, registry, tracker, log, onChange, onError });
	const rotations = new KeyRotations({
		database,
		clock,
		random,
		registry,
		commands,
		log,
		tracker,
		onChange,
		onError,
	});
	const presence = new Presence({ database, clock, log, tracker, onError });
	const planogramSender = new PlanogramSender({ database, clock, log, tracker, onChange, onError });
	const devices = new DeviceStore({ database, clock });
	const evidence = new EvidenceFetcher({ database, clock, random, broker, registry });
	const onRejected = (machineId: string, topic: string, reason: string): void => {
		metrics.messageRejected(reason);
		const level = reason === "duplicate" ? "info" : "warn";
		log({ level, room: "cloud", event: "message.rejected", machineId, topic, reason });
	};
	const telemetry = await openTelemetry(configuration.telemetryDatabaseUrl ?? beside(configuration.databaseUrl), ports);
	const rollups = new TelemetryRollups({ telemetry, clock, tracker, onError });
	const measurements = new TelemetryIngest({
		database,
		telemetry,
		clock,
		registry,
		tracker,
		onRejected,
		onStored: () => {
			rollups.wake();
			presence.kick();
		},
		onError,
	});
	const inbox = new Inbox({
		database,
		clock,
		broker,
		registry,
		sales,
		reports,
		commands,
		evidence,
		planograms: planogramSender,
		rotations,
		devices,
		onWaitingSale: (saleId) => timers.hurry(saleId),
		tracker,
		log,
		onRejected,
		onError,
	});
	const unlocks = new UnlockService({
		database,
		clock,
		random,
		registry,
		sales,
		payments,
		gateways,
		log,
	});

	const catalogue = new ProductStore({ database, clock, random });
	const stock = new StockStore({ database, clock });
	const productService = new ProductService({ database, products: catalogue });
	const inventory = new InventoryService({ products: catalogue, service: productService, stock, clock });
	const planograms = new PlanogramService({ database, clock, random, products: catalogue });
	const stockService = new StockService({ database, clock, random, products: catalogue, stock });
	const tours = new RouteStore({ database, clock, random });
	const restock = new RestockService({ database, clock, random, planograms, stock, stockService });
	const fuzzyThreshold = configuration.fuzzyMatchThreshold ?? usualFuzzyThreshold;
	const pos = new PosService({ database, clock, random, products: catalogue, stock, fuzzyThreshold });
	const detection = new ProductDetection({ clock, products: catalogue, pos, detector: ports.detector });
	const { send = guardedSender({ guard: new AddressGuard(), clock }), mailer } = ports;
	const { notify, alarms } = configuration;
	const notifier = createNotifier({ database, clock, random, settings: notify, send, mailer, tracker, log, onError });
	const onlineSampler = alarms && new OnlineSampler({ database, clock, tracker, onError });
	const alarmDesk = createAlarmDesk({ ...notifier, database, clock, random, settings: alarms, tracker, log, onError });
	const { onDelivery } = notifier;
	const reportSchedules = new ReportSchedules({ database, clock, random, onDelivery, tracker, onError });
	const sheetLinks = new SheetLinks({ database, clock });
	const sheetSync = new SheetSync({
		database,
		clock,
		client: ports.sheets,
		links: sheetLinks,
		catalogue: new SheetCatalogue({ database, products: catalogue, stock }),
		tracker,
		log,
		onError,
	});

	const csrf = new CsrfTokens(configuration.jwtSecret);
	const limiter = new RateLimiter(clock);
	const audit = new AuditLog({ database, clock });
	const sealing = new SealedText(configuration.jwtSecret, random);
	const idempotency = new Idempotency({ database, clock, sealing });
	const gate = new Gate({ database, clock, tokens, csrf, deviceTokens: configuration.deviceTokens ?? true });
	const logins = new LoginService({ database, clock, random, tokens, csrf, limiter, log });
	const users = new UserStore({ database, clock, random });
	const keys = new ApiKeyStore({ database, clock, random });
	const tenants = new TenantStore({ database, clock, random, users, keys });
	const locations = new LocationStore({ database, clock, random });

	const app = createRoutes();
	app.use(async (context, next) => {
		const given = context.req.header("x-request-id");
		const requestId = given !== undefined && /^[\w-]{8,64}$/.test(given) ? given : randomId(random);
		const beganAtMs = clock.now();
		context.set("requestId", requestId);
		context.set("gate", gate);
		context.set("limiter", limiter);
		context.set("audit", audit);
		context.set("idempotency", idempotency);
		context.set("address", clientAddress(context, configuration.trustProxy ?? false));
		await next();
		// Set where they are, for `context.header` would make another answer, whose body is then a stream.
		const { headers } = context.res;
		headers.set("x-request-id", requestId);
		alarmDesk.requestAnswered(context.res.status);
		// The pages of /docs say their own policy; an answer of the API is no page.
		if (!headers.has("content-security-policy")) {
			headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
		}
		const milliseconds = clock.now() - beganAtMs;
		const route = context.get("route") ?? "other";
		metrics.requestAnswered(context.req.method, route, context.res.status, milliseconds / 1000);
		requestLog?.(requestAnswered(context, milliseconds));
	});
	const shared = cors({
		origin: [...(configuration.corsOrigins ?? [])],
		credentials: true,
		allowHeaders: ["authorization", "content-type", "idempotency-key", "if-match", "x-api-key", "x-csrf-token"],
		exposeHeaders: ["etag", "x-request-id", "retry-after"],
		maxAge: 600,
	});
	app.use(async (context, next) => {
		if (context.req.header("origin") !== undefined || context.req.method === "OPTIONS") return shared(context, next);
		// No page of another site asks, and a cache must not think that one had the same answer.
		await next();
		context.res.headers.append("vary", "Origin");
		return undefined;
	});
	app.use(secureHeaders());
	app.onError((error, context) => {
		const problem = problemOf(error);
		const requestId = context.get("requestId") ?? "";
		if (problem.status === 500) onError(error, requestId);
		return problemResponse(context, problem, requestId, clock.now());
	});
	app.notFound((context) => {
		const problem = routeProblem(app, context.req.method, context.req.path);
		return problemResponse(context, problem, context.get("requestId") ?? "", clock.now());
	});
	const claims = new Claims({ database, clock, random });
	const machines = new MachineService({ database, clock, random, registry, claims, commands, presence });
	const batches = new CommandBatches({ database, clock, random, commands, devices });
	const series = new TelemetryQueries({ telemetry, clock });
	const { publicUrl } = configuration;
	const recipes = new RecipeStore({ database, clock, random });
	const bins = new BinStore({ database, clock, random });
	const materials = new MaterialStore({ database, clock, random });
	const deployer = new RecipeDeployer({ clock, random, recipes, bins, machines });
	app.route("/", materialRoutes(materials));
	app.route("/", binRoutes({ database, materials, bins, deployer }));
	app.route("/", recipeRoutes(recipes));
	app.route("/", recipePackageRoutes({ database, recipes, deployer }));
	app.route("/", machineRoutes({ database, machines, devices, telemetry: series, publicUrl }));
	const artifacts = new ArtifactStore({ database, clock, random, makers: configuration.otaPublicKeys ?? [] });
	const campaigns = new Campaigns({
		database,
		clock,
		random,
		artifacts,
		commands,
		machines,
		planograms,
		log,
		tracker,
		onError,
	});
	app.route("/", keyRotationRoutes(rotations));
	app.route("/", machineTemplateRoutes({ database, clock, random }));
	app.route("/", otaRoutes({ artifacts, campaigns }));
	app.route("/", deviceRoutes({ devices, machines, commands, batches, presence, tokens }));
	for (const group of [...notifier.routes, alarmDesk.routes]) app.route("/", group);
	app.route("/", sheetRoutes({ sync: sheetSync, links: sheetLinks }));
	app.route("/", dashboardRoutes({ database, clock }));
	app.route("/", reportRoutes({ database, clock, audits: new MachineAudits({ database, registry }) }));
	const feed = new EventFeed({ database });
	const streams = (configuration.liveEvents ?? true) ? new EventStreams({ feed, clock, tracker, onError }) : undefined;
	app.route("/", eventRoutes(streams));
	app.route("/", auditRoutes(audit));
	app.route("/", authRoutes({ logins, users }));
	app.route("/", shopperTokenRoutes({ database, tokens }));
	app.route("/", tenantRoutes({ tenants, database, clock, random, audit }));
	app.route("/", locationRoutes(locations));
	app.route("/", userRoutes(users));
	app.route("/", apiKeyRoutes({ keys, clock }));
	app.route("/", reportScheduleRoutes(reportSchedules));
	app.route("/", unlockRoutes(unlocks));
	app.route("/", savePaymentRoutes({ database, clock, provider: gateways.stripe?.provider }));
	app.route("/", saleRoutes(sales, database, gateways));
	app.route("/", orderRoutes({ database, sales, refunds }));
	app.route("/", deviceOrderRoutes({ database, devices, registry, unlocks }));
	app.route("/", evidenceRoutes({ sales, evidence }));
	app.route("/", paymentRoutes(database));
	app.route("/", jobRoutes(database));
	app.route("/", deadMessageRoutes({ database, outbox }));
	app.route("/", bookRoutes({ database, reconciliation, chargebacks }));
	const events = new ProviderEvents({ database, clock, log, metrics, sales, gateways, chargebacks, onChange });
	const { stripeWebhookSecret, razorpayWebhookSecret } = configuration;
	app.route("/", stripeWebhookRoutes({ clock, metrics, stripe, events, secret: stripeWebhookSecret }));
	app.route("/", razorpayWebhookRoutes({ metrics, events, secret: razorpay && razorpayWebhookSecret }));
	app.route(
		"/",
		productRoutes({
			database,
			products: catalogue,
			service: productService,
			images: new ProductImages({ database, clock }),
		}),
	);
	app.route("/", planogramRoutes(database, planograms));
	app.route("/", stockRoutes(database, clock, stockService));
	app.route("/", restockRoutes(database, tours, restock));
	app.route("/", productCsvRoutes(database, new ProductImport({ database, products: catalogue, stock })));
	app.route("/", inventoryRoutes(inventory, database));
	app.route("/", posRoutes(pos, detection));
	const { metricsToken, metricsApart = false } = configuration;
	app.route("/", healthRoutes({ database, clock, broker, gateways, metrics, metricsToken, metricsApart, log }));
	// Made when somebody asks: it costs more than all the rest of a start.
	let document: string | undefined;
	app.route(
		"/",
		docsRoutes(() => {
			document ??= openApiDocument(app);
			return document;
		}),
	);
	broker.onConnectionChange((connected) => {
		if (connected) tracker.run(() => outbox.retryNow("publish"), onError);
	});
	// Not awaited: the broker may be away, and a clock that stands still would never bring the answer.
	inbox.open().catch(onError);
	measurements.open(ports.telemetryBroker ?? broker, configuration.shareName).catch(onError);
	// What an earlier life left: payments without an outcome, messages that did not leave, sales nobody looked after.
	tracker.run(() => outbox.retryNow(), onError);
	const takeUp = (): void => {
		outbox.kick();
		timers.kick();
		chargebacks.kick();
		reconciliation.kick();
		commands.kick();
		notifier.start();
		if (notify) reportSchedules.kick();
		alarmDesk.start();
		onlineSampler?.kick();
		sheetSync.start();
		rollups.wake();
		presence.kick();
		planogramSender.kick();
		rotations.kick();
		campaigns.kick();
	};
	takeUp();
	// Of several instances one that is gone leaves things, too, and nobody tells the others of them.
	const neighbours = new DueWork({
		clock,
		tracker,
		onError,
		work: async () => {
			takeUp();
			return clock.now() + takeUpEveryMs;
		},
	});
	if (isRemote(configuration.databaseUrl) || configuration.shareName !== undefined) neighbours.kick();

	let closing: Promise<void> | undefined;
	async function close(): Promise<void> {
		streams?.close();
		neighbours.close();
		inbox.close();
		timers.close();
		chargebacks.close();
		reconciliation.close();
		commands.close();
		outbox.close();
		alarmDesk.close();
		onlineSampler?.close();
		sheetSync.close();
		reportSchedules.close();
		notifier.close();
		rollups.close();
		presence.close();
		planogramSender.close();
		rotations.close();
		campaigns.close();
		await measurements.close();
		await tracker.idle();
		telemetry.close();
		database.close();
	}
	return {
		app,
		database,
		metrics: metrics.registry,
		metricsText: () => metrics.text({ withBusiness: true }),
		idle: () => tracker.idle(),
		endStreams: () => streams?.close(),
		close() {
			closing ??= close();
			return closing;
		},
		addMachine: (machine) => registry.add(machine),
		issueShopperToken: (shopperId, tenantId = defaultTenantId) =>
			tokens.issue({ aud: "visionvend-shopper", sub: shopperId, tenantId }),
		commands,
		ledgerRows: () => readLedger(database),
	};
}

function problemOf(error: unknown): Problem {
	if (error instanceof Problem) return error;
	return new Problem(500, "internal", "Something went wrong here. It is recorded under this request's id.");
}
